/// Runs clients against a cluster while everything that can break does, and judges what they saw.
@NullMarked
package dengine.testkit.chaos;

import org.jspecify.annotations.NullMarked;
