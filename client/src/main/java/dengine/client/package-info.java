/// The client of a standalone cluster, over gRPC.
@NullMarked
package dengine.client;

import org.jspecify.annotations.NullMarked;
