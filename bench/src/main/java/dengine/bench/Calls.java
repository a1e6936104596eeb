package dengine.bench;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import dengine.proto.client.ClientReadRequest;
import dengine.proto.client.ClientResponse;
import dengine.proto.client.ClientWriteRequest;
import dengine.proto.client.RaftClientServiceGrpc;
import dengine.proto.client.ReadConsistencyPolicy;
import dengine.proto.client.WriteCommand;
import dengine.proto.error.ErrorCode;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import java.util.Arrays;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/// Unary calls of the original's service, and of the echo, so many at a time.
///
/// @param keys that are written and read
record Calls(Channel channel, ByteString[] keys) {

  static ByteString[] keys(int number) {
    return Arrays.stream(Payload.keys(number))
        .map(key -> UnsafeByteOperations.unsafeWrap(key.unsafeArray()))
        .toArray(ByteString[]::new);
  }

  Side.Load echo(int inFlight) {
    byte[] nothing = new byte[0];
    return Callers.async(
        inFlight,
        1,
        (key, done) ->
            ClientCalls.asyncUnaryCall(
                channel.newCall(Echo.UNARY, CallOptions.DEFAULT),
                nothing,
                new Last<>(done, answer -> true)));
  }

  Side.Load puts(int inFlight) {
    ByteString value = UnsafeByteOperations.unsafeWrap(Payload.VALUE.unsafeArray());
    return Callers.async(
        inFlight,
        keys.length,
        (key, done) ->
            ClientCalls.asyncUnaryCall(
                channel.newCall(
                    RaftClientServiceGrpc.getHandleClientWriteMethod(), CallOptions.DEFAULT),
                ClientWriteRequest.newBuilder()
                    .setCommand(
                        WriteCommand.newBuilder()
                            .setInsert(
                                WriteCommand.Insert.newBuilder().setKey(keys[key]).setValue(value)))
                    .build(),
                new Last<>(done, Calls::succeeded)));
  }

  Side.Load gets(int inFlight, ReadConsistencyPolicy policy) {
    return Callers.async(
        inFlight,
        keys.length,
        (key, done) ->
            ClientCalls.asyncUnaryCall(
                channel.newCall(
                    RaftClientServiceGrpc.getHandleClientReadMethod(), CallOptions.DEFAULT),
                ClientReadRequest.newBuilder()
                    .addKeys(keys[key])
                    .setConsistencyPolicy(policy)
                    .build(),
                new Last<>(done, Calls::succeeded)));
  }

  private static boolean succeeded(ClientResponse response) {
    return response.getError() == ErrorCode.SUCCESS;
  }

  /// Ends an operation with the call's only answer.
  private static final class Last<T> implements StreamObserver<T> {
    private final BiConsumer<@Nullable Object, @Nullable Throwable> done;
    private final java.util.function.Predicate<T> succeeded;
    private @Nullable Throwable failure;

    Last(
        BiConsumer<@Nullable Object, @Nullable Throwable> done,
        java.util.function.Predicate<T> succeeded) {
      this.done = done;
      this.succeeded = succeeded;
    }

    @Override
    public void onNext(T answer) {
      if (!succeeded.test(answer)) {
        failure = new IllegalStateException(answer.toString());
      }
    }

    @Override
    public void onError(Throwable problem) {
      done.accept(null, problem);
    }

    @Override
    public void onCompleted() {
      done.accept(null, failure);
    }
  }
}
