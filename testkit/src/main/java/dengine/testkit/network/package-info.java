/// Links between real processes that can be slowed down, cut, and cut in one direction only.
@NullMarked
package dengine.testkit.network;

import org.jspecify.annotations.NullMarked;
