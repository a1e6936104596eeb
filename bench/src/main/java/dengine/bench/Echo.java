package dengine.bench;

import io.grpc.BindableService;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.ServerServiceDefinition;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

/// The least a server can do: answer at once.
final class Echo implements BindableService {

  private static final String SERVICE = "dengine.bench.Echo";
  private static final byte[] ANSWER = new byte[Payload.KEY_BYTES];

  static final MethodDescriptor<byte[], byte[]> UNARY = method("Unary", MethodType.UNARY);

  static final MethodDescriptor<byte[], byte[]> STREAM =
      method("Stream", MethodType.BIDI_STREAMING);

  private static MethodDescriptor<byte[], byte[]> method(String name, MethodType type) {
    return MethodDescriptor.<byte[], byte[]>newBuilder()
        .setType(type)
        .setFullMethodName(MethodDescriptor.generateFullMethodName(SERVICE, name))
        .setRequestMarshaller(new Raw())
        .setResponseMarshaller(new Raw())
        .build();
  }

  @Override
  public ServerServiceDefinition bindService() {
    return ServerServiceDefinition.builder(SERVICE)
        .addMethod(
            UNARY,
            ServerCalls.asyncUnaryCall(
                (request, answer) -> {
                  answer.onNext(new byte[0]);
                  answer.onCompleted();
                }))
        .addMethod(STREAM, ServerCalls.asyncBidiStreamingCall(Back::new))
        .build();
  }

  private record Back(StreamObserver<byte[]> answer) implements StreamObserver<byte[]> {
    @Override
    public void onNext(byte[] message) {
      answer.onNext(ANSWER);
    }

    @Override
    public void onError(Throwable failure) {}

    @Override
    public void onCompleted() {
      answer.onCompleted();
    }
  }

  private record Raw() implements MethodDescriptor.Marshaller<byte[]> {
    @Override
    public InputStream stream(byte[] value) {
      return new ByteArrayInputStream(value);
    }

    @Override
    public byte[] parse(InputStream stream) {
      try {
        return stream.readAllBytes();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
