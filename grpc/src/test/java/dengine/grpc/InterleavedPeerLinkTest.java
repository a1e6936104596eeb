package dengine.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import dengine.interleaving.Together;
import dengine.raft.Message;
import java.util.List;
import org.jetbrains.lincheck.Lincheck;
import org.junit.jupiter.api.Test;

/// Lets a model checker run those who send to a peer, against the event loop that its link belongs
/// to.
@SuppressWarnings("missing-explicit-ctor") // public because the model checker asks for it
public class InterleavedPeerLinkTest {

  private static final int INVOCATIONS = 30;

  /// More, since it has fewer steps.
  private static final int RARE = 200;

  private static final TransportOptions OPTIONS = TransportOptions.of("127.0.0.1:0", 7, 1);
  private static final List<Message> MESSAGES =
      List.of(
          new Message.Outdated(1),
          new Message.Outdated(2),
          new Message.Outdated(3),
          new Message.Outdated(4));

  @Test
  void whatSeveralThreadsSendLeavesOnceAndInTheOrderOfEach() {
    Lincheck.runConcurrentTest(
        INVOCATIONS,
        () -> {
          ModelNetwork network = new ModelNetwork(OPTIONS);
          PeerLink link = network.link(2, () -> "here:1", network);
          link.start();
          Together.share(network, link);
          Together.run(network.threads, sending(link, 0), sending(link, 2));
          require(
              network.sent.size() == 4
                  && network.sent.containsAll(MESSAGES)
                  && inOrder(network.sent, 0)
                  && inOrder(network.sent, 2)
                  && network.losses == 0,
              network.sent);
        });
  }

  @Test
  void noMoreThanTheBoundWaitsForAPeerThatDoesNotReadAndWhatIsDroppedIsTold() {
    int room = 2 * PeerCodec.size(MESSAGES.getFirst());
    Lincheck.runConcurrentTest(
        INVOCATIONS,
        () -> {
          ModelNetwork network = new ModelNetwork(OPTIONS.withMaxQueuedBytes(room));
          PeerLink link = network.link(2, () -> "here:1", network);
          network.writable = false;
          link.start();
          Together.share(network, link);
          Together.run(network.threads, sending(link, 0), sending(link, 2));
          boolean dropped = network.losses > 0;
          network.read();
          require(network.sent.size() == 2 && dropped, network.sent);
          // What has left makes room for as much again.
          network.writable = false;
          sending(link, 0).run();
          network.threads.await();
          network.read();
          require(network.sent.size() == 4, network.sent);
        });
  }

  @Test
  void whatIsSentWhileTheConnectionBreaksIsSentOrItsLossIsTold() {
    Lincheck.runConcurrentTest(
        INVOCATIONS,
        () -> {
          ModelNetwork network = new ModelNetwork(OPTIONS);
          PeerLink link = network.link(2, () -> "here:1", network);
          link.start();
          network.threads.await();
          Together.share(network, link);
          Together.run(network.threads, network::fail, sending(link, 0));
          require(network.sent.size() == 2 || network.losses > 0, network.losses);
        });
  }

  @Test
  void twoWhoSendAtOnceKeepToTheBound() {
    int room = PeerCodec.size(MESSAGES.getFirst());
    Lincheck.runConcurrentTest(
        RARE,
        () -> {
          // Nobody fetches.
          Outbox outbox = new Outbox(step -> {}, room, () -> {}, () -> {});
          Together.share(outbox);
          Together.run(
              new Together(), () -> outbox.add(MESSAGES.get(0)), () -> outbox.add(MESSAGES.get(1)));
          byte[] first = outbox.nextPacket();
          require(first != null && first.length == packet(MESSAGES.get(0)), outbox);
        });
  }

  @Test
  void whoSendsWhileTheLinkClosesIsNotDisturbed() {
    Lincheck.runConcurrentTest(
        INVOCATIONS,
        () -> {
          ModelNetwork network = new ModelNetwork(OPTIONS);
          PeerLink link = network.link(2, () -> "here:1", network);
          link.start();
          network.threads.await();
          Together.share(network, link);
          Together.run(
              network.threads,
              sending(link, 0),
              () -> {
                link.close();
                network.loop.shutdown();
              });
          require(network.open == 0, network.open);
        });
  }

  @Test
  void aClosedLinkOpensNothingAndTellsNobodyOfLosses() {
    ModelNetwork network = new ModelNetwork(OPTIONS);
    PeerLink link = network.link(2, () -> "here:1", network);
    link.close();

    link.start();
    sending(link, 0).run();
    network.threads.await();

    assertThat(network.open).isZero();
    assertThat(network.losses).isZero();
  }

  private static Runnable sending(PeerLink link, int first) {
    return () -> {
      link.send(MESSAGES.get(first));
      link.send(MESSAGES.get(first + 1));
    };
  }

  /// Bytes of a packet with nothing but this.
  private static int packet(Message message) {
    return PeerCodec.encode(List.of(message), PeerCodec.size(message), false).length;
  }

  private static boolean inOrder(List<Message> sent, int first) {
    return sent.indexOf(MESSAGES.get(first)) < sent.indexOf(MESSAGES.get(first + 1));
  }

  private static void require(boolean condition, Object seen) {
    if (!condition) {
      throw new AssertionError(seen);
    }
  }
}
