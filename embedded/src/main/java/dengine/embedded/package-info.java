/// The artifact an application adds: a node in its own JVM.
@NullMarked
package dengine.embedded;

import org.jspecify.annotations.NullMarked;
