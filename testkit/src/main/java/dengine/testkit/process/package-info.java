/// Clusters of real server processes on loopback, with a proxy on each link between them.
@NullMarked
package dengine.testkit.process;

import org.jspecify.annotations.NullMarked;
