package dengine.grpc;

import io.grpc.BindableService;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.ForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor.Marshaller;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerInterceptors;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.InputStream;

/// Tells the caller why his request cannot be parsed. gRPC parses where it expects no failure: it
/// would log each with a stack trace, and tell the caller that something unknown went wrong. So it
/// gets the bytes to pass on, and parsing is up to us.
final class RefusedRequests implements ServerInterceptor {

  /// Bytes that nobody looks into.
  static final Marshaller<InputStream> AS_IT_IS =
      new Marshaller<>() {
        @Override
        public InputStream stream(InputStream message) {
          return message;
        }

        @Override
        public InputStream parse(InputStream message) {
          return message;
        }
      };

  private RefusedRequests() {}

  /// The same service, which answers a request with the status that its marshaller threw.
  static BindableService around(BindableService service) {
    return () ->
        ServerInterceptors.intercept(
            ServerInterceptors.useMarshalledMessages(service.bindService(), AS_IT_IS),
            new RefusedRequests());
  }

  @Override
  public <Q, R> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
    RefusableCall<Q, R> refusable = new RefusableCall<>(call);
    return new Requests<>(refusable, next.startCall(refusable, headers));
  }

  /// What arrives for one call, until some of it cannot be parsed.
  private static final class Requests<Q> extends ForwardingServerCallListener<Q> {
    private final RefusableCall<Q, ?> call;
    private ServerCall.Listener<Q> service;

    Requests(RefusableCall<Q, ?> call, ServerCall.Listener<Q> service) {
      this.call = call;
      this.service = service;
    }

    @Override
    protected ServerCall.Listener<Q> delegate() {
      return service;
    }

    @Override
    public void onMessage(Q message) {
      try {
        service.onMessage(message);
      } catch (StatusRuntimeException e) {
        call.close(e.getStatus(), new Metadata());
        service.onCancel();
        service = new ServerCall.Listener<>() {};
      }
    }
  }

  /// A call that ends once, by its service or by a refusal. A session answers on one thread what
  /// another one just refuses to read, and gRPC's calls take one thread at a time: hence the lock,
  /// which nobody ever waits for else.
  private static final class RefusableCall<Q, R> extends SimpleForwardingServerCall<Q, R> {
    private boolean ended;

    RefusableCall(ServerCall<Q, R> call) {
      super(call);
    }

    @Override
    public synchronized void sendHeaders(Metadata headers) {
      if (!ended) {
        super.sendHeaders(headers);
      }
    }

    @Override
    public synchronized void sendMessage(R message) {
      if (!ended) {
        super.sendMessage(message);
      }
    }

    @Override
    public synchronized void request(int messages) {
      if (!ended) {
        super.request(messages);
      }
    }

    @Override
    public synchronized void close(Status status, Metadata trailers) {
      if (!ended) {
        ended = true;
        super.close(status, trailers);
      }
    }
  }
}
