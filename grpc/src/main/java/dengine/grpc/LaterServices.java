package dengine.grpc;

import io.grpc.HandlerRegistry;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.ServerCall;
import io.grpc.ServerMethodDefinition;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.util.MutableHandlerRegistry;
import java.io.InputStream;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Services that are registered while the server runs. Until all are, callers of others can be told
/// to come again: "not implemented" would mean never. Safe for any number of threads.
final class LaterServices extends HandlerRegistry {

  private final MutableHandlerRegistry registered = new MutableHandlerRegistry();
  private volatile boolean incomplete;

  void register(ServerServiceDefinition service) {
    var _ = registered.addService(service);
  }

  /// Whether more services are to come.
  void expectMore(boolean more) {
    incomplete = more;
  }

  @Override
  public List<ServerServiceDefinition> getServices() {
    return registered.getServices();
  }

  @Override
  public @Nullable ServerMethodDefinition<?, ?> lookupMethod(
      String name, @Nullable String authority) {
    // In this order: once nothing more is to come, all is there.
    boolean mayCome = incomplete;
    ServerMethodDefinition<?, ?> found = registered.lookupMethod(name, authority);
    return found == null && mayCome ? refusal(name) : found;
  }

  private static ServerMethodDefinition<InputStream, InputStream> refusal(String name) {
    MethodDescriptor<InputStream, InputStream> method =
        MethodDescriptor.newBuilder(RefusedRequests.AS_IT_IS, RefusedRequests.AS_IT_IS)
            .setFullMethodName(name)
            .setType(MethodType.UNKNOWN)
            .build();
    return ServerMethodDefinition.create(
        method,
        (call, _) -> {
          call.close(
              Status.UNAVAILABLE.withDescription("the node is starting; try again"),
              new Metadata());
          return new ServerCall.Listener<>() {};
        });
  }
}
