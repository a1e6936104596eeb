/// File systems of a test's own, to be filled up and to lose power. Linux, with the rights of root.
@NullMarked
package dengine.testkit.disk;

import org.jspecify.annotations.NullMarked;
