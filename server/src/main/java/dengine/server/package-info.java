/// A node as a server of its own: configuration, gRPC, HTTP health and metrics.
@NullMarked
package dengine.server;

import org.jspecify.annotations.NullMarked;
