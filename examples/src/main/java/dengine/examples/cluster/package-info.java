/// Clusters of embedded engines.
@NullMarked
package dengine.examples.cluster;

import org.jspecify.annotations.NullMarked;
