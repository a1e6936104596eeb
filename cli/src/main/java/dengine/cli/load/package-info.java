/// Load for a cluster, and what it took.
@NullMarked
package dengine.cli.load;

import org.jspecify.annotations.NullMarked;
