/// Peer transport and client-facing services over gRPC.
@NullMarked
package dengine.grpc;

import org.jspecify.annotations.NullMarked;
