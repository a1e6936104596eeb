package dengine.grpc;

import dengine.interleaving.Together;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.Status;
import java.util.List;
import org.jetbrains.lincheck.Lincheck;
import org.junit.jupiter.api.Test;

/// Lets a model checker run a peer that connects and the one who closes the service, in every order
/// it can think of.
@SuppressWarnings("missing-explicit-ctor") // public because the model checker asks for it
public class InterleavedPeerServiceTest {

  private static final int INVOCATIONS = 50;
  private static final TransportOptions OPTIONS = TransportOptions.of("127.0.0.1:0", 7, 1);
  private static final byte[] ASKS_FOR_ECHO = PeerCodec.encode(List.of(), 0, true);

  @Test
  void aConnectionEndsOnceHoweverLateItCameAndIsUsedByOneThreadAtATime() {
    Lincheck.runConcurrentTest(
        INVOCATIONS,
        () -> {
          ModelNetwork network = new ModelNetwork(OPTIONS);
          PeerService service =
              new PeerService(OPTIONS, new RareLog(new SilentLogger()), peer -> {});
          service.start(network);
          Call call = new Call();
          Metadata headers = new Handshake(7, 2, 1, PeerCodec.VERSION).headers();
          Together.share(service, call);
          Together.run(
              network.threads,
              () -> service.startCall(call, headers).onMessage(ASKS_FOR_ECHO),
              service::close);
          if (call.ends != 1) {
            throw new AssertionError(call.ends + " ends");
          }
        });
  }

  /// Refuses to be used by two threads at a time, and after its end.
  private static final class Call extends ServerCall<byte[], byte[]> {
    private volatile boolean used;
    private volatile int ends;

    private void use(int ending) {
      if (used || ends > 0) {
        throw new AssertionError(used ? "two threads at a time" : "used after its end");
      }
      used = true;
      ends = ending;
      used = false;
    }

    @Override
    public void request(int messages) {
      use(0);
    }

    @Override
    public void sendHeaders(Metadata headers) {
      use(0);
    }

    @Override
    public void sendMessage(byte[] message) {
      use(0);
    }

    @Override
    public void close(Status status, Metadata trailers) {
      use(1);
    }

    @Override
    public boolean isCancelled() {
      return false;
    }

    @Override
    public MethodDescriptor<byte[], byte[]> getMethodDescriptor() {
      return Handshake.LINK;
    }
  }
}
