package dengine.grpc;

import io.grpc.BindableService;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerInterceptors;
import io.grpc.Status;

/// Lets a service send headers before it has anything to say. Clients of the original take them for
/// the news that a watch has begun, and write nothing before; gRPC would send them with the first
/// event.
final class EarlyHeaders implements ServerInterceptor {

  private static final Context.Key<Runnable> SEND = Context.key("dengine-early-headers");

  private EarlyHeaders() {}

  static BindableService around(BindableService service) {
    return () -> ServerInterceptors.intercept(service.bindService(), new EarlyHeaders());
  }

  /// What sends the headers of the call that is being handled, if none were sent.
  static Runnable ofThisCall() {
    Runnable send = SEND.get();
    return send == null ? () -> {} : send;
  }

  @Override
  public <Q, R> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
    HeadedCall<Q, R> headed = new HeadedCall<>(call);
    return Contexts.interceptCall(
        Context.current().withValue(SEND, headed::sendEarly), headed, headers, next);
  }

  /// A call whose headers are sent once. The event that it waits for may come while they are, on
  /// another thread: hence the lock.
  private static final class HeadedCall<Q, R> extends SimpleForwardingServerCall<Q, R> {
    private boolean sent;

    HeadedCall(ServerCall<Q, R> call) {
      super(call);
    }

    synchronized void sendEarly() {
      if (!sent) {
        sent = true;
        super.sendHeaders(new Metadata());
      }
    }

    @Override
    public synchronized void sendHeaders(Metadata headers) {
      if (!sent) {
        sent = true;
        super.sendHeaders(headers);
      }
    }

    @Override
    public synchronized void close(Status status, Metadata trailers) {
      sent = true;
      super.close(status, trailers);
    }
  }
}
