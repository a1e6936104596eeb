package dengine.bench;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import dengine.proto.client.ReadConsistencyPolicy;
import dengine.proto.v1.Command;
import dengine.proto.v1.Get;
import dengine.proto.v1.Put;
import dengine.proto.v1.Reply;
import dengine.proto.v1.SessionGrpc;
import dengine.proto.v1.SessionRequest;
import dengine.proto.v1.SessionResponse;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// Streams with so many commands under way: each answer is followed by a new command. Commands that
/// become free together travel in one message, as `GrpcClient` sends them.
///
/// @param keys that are written and read
record Streams(Channel channel, ByteString[] keys) {

  @FunctionalInterface
  private interface Operation {
    void set(Command.Builder command, ByteString key);
  }

  Side.Load puts(int inFlight) {
    ByteString value = UnsafeByteOperations.unsafeWrap(Payload.VALUE.unsafeArray());
    return session(
        inFlight, (command, key) -> command.setPut(Put.newBuilder().setKey(key).setValue(value)));
  }

  Side.Load gets(int inFlight, ReadConsistencyPolicy policy) {
    return session(
        inFlight, (command, key) -> command.setGet(Get.newBuilder().setKey(key).setPolicy(policy)));
  }

  private Side.Load session(int inFlight, Operation operation) {
    return time -> {
      Session session = new Session(operation);
      StreamObserver<SessionRequest> toServer =
          ClientCalls.asyncBidiStreamingCall(
              channel.newCall(SessionGrpc.getOpenMethod(), CallOptions.DEFAULT), session);
      session.toServer = toServer;
      toServer.onNext(session.request(inFlight));
      return session.measure(time);
    };
  }

  /// One message per command: 264 bytes there, 8 back.
  Side.Load echo(int inFlight) {
    return time -> {
      Mirror mirror = new Mirror();
      StreamObserver<byte[]> toServer =
          ClientCalls.asyncBidiStreamingCall(
              channel.newCall(Echo.STREAM, CallOptions.DEFAULT), mirror);
      mirror.toServer = toServer;
      for (int i = 0; i < inFlight; i++) {
        synchronized (mirror) {
          toServer.onNext(mirror.message);
        }
      }
      return mirror.measure(time);
    };
  }

  private abstract static class Stream<T> implements StreamObserver<T> {
    final CountDownLatch ended = new CountDownLatch(1);
    volatile boolean stopped;
    volatile long answers;
    private volatile @Nullable Throwable failure;

    double measure(Duration time) throws InterruptedException {
      long start = System.nanoTime();
      long before = answers;
      TimeUnit.NANOSECONDS.sleep(time.toNanos());
      double rate = (answers - before) / ((System.nanoTime() - start) / 1e9);
      stopped = true;
      if (!ended.await(30, TimeUnit.SECONDS)) {
        throw new IllegalStateException("the stream does not end");
      }
      Throwable problem = failure;
      if (problem != null) {
        System.out.println("    a stream ended with " + problem);
      }
      return rate;
    }

    @Override
    public void onError(Throwable problem) {
      failure = problem;
      ended.countDown();
    }

    @Override
    public void onCompleted() {
      ended.countDown();
    }
  }

  private final class Session extends Stream<SessionResponse> {
    private final Operation operation;
    private final SplittableRandom random = new SplittableRandom(1);
    private volatile @Nullable StreamObserver<SessionRequest> toServer;
    private long id;
    private boolean done;

    Session(Operation operation) {
      this.operation = operation;
    }

    @Override
    @SuppressWarnings("NonAtomicVolatileUpdate") // the only writer
    public void onNext(SessionResponse response) {
      int free = response.getRepliesCount();
      for (Reply reply : response.getRepliesList()) {
        if (!reply.hasFailure()) {
          answers++;
        }
      }
      StreamObserver<SessionRequest> server = toServer;
      if (server == null || done) {
        return;
      }
      if (stopped) {
        done = true;
        server.onCompleted();
      } else if (free > 0) {
        server.onNext(request(free));
      }
    }

    private SessionRequest request(int commands) {
      SessionRequest.Builder request = SessionRequest.newBuilder();
      for (int i = 0; i < commands; i++) {
        Command.Builder command = Command.newBuilder().setId(++id);
        operation.set(command, keys[random.nextInt(keys.length)]);
        request.addCommands(command);
      }
      return request.build();
    }
  }

  private static final class Mirror extends Stream<byte[]> {
    private final byte[] message = new byte[Payload.KEY_BYTES + Payload.VALUE_BYTES];
    private volatile @Nullable StreamObserver<byte[]> toServer;
    private boolean done;

    @Override
    @SuppressWarnings("NonAtomicVolatileUpdate") // the only writer
    public synchronized void onNext(byte[] answer) {
      answers++;
      StreamObserver<byte[]> server = toServer;
      if (server == null || done) {
        return;
      }
      if (stopped) {
        done = true;
        server.onCompleted();
      } else {
        server.onNext(message);
      }
    }
  }
}
