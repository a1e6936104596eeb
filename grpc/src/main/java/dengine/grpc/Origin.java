package dengine.grpc;

import io.grpc.BindableService;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerInterceptors;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/// Lets a service know which connection a call came over.
final class Origin implements ServerInterceptor {

  private static final Context.Key<SocketAddress> REMOTE = Context.key("dengine-origin");

  private Origin() {}

  static BindableService around(BindableService service) {
    return () -> ServerInterceptors.intercept(service.bindService(), new Origin());
  }

  /// The other end of the connection of the call that is being handled; null where there is none.
  static @Nullable SocketAddress ofThisCall() {
    return REMOTE.get();
  }

  @Override
  public <Q, R> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
    SocketAddress remote = call.getAttributes().get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR);
    return remote == null
        ? next.startCall(call, headers)
        : Contexts.interceptCall(Context.current().withValue(REMOTE, remote), call, headers, next);
  }
}
