package dengine.grpc;

import dengine.interleaving.Together;
import org.jetbrains.lincheck.Lincheck;
import org.junit.jupiter.api.Test;

/// Lets a model checker run those who say where a peer is, start and close the links, in every
/// order it can think of.
@SuppressWarnings("missing-explicit-ctor") // public because the model checker asks for it
public class InterleavedLinksTest {

  private static final int INVOCATIONS = 50;
  private static final TransportOptions OPTIONS = TransportOptions.of("127.0.0.1:0", 7, 1);

  @Test
  void aLinkThatStartsWhileItsPeerMovesConnectsToWhereItIs() {
    Lincheck.runConcurrentTest(
        INVOCATIONS,
        () -> {
          ModelNetwork network = new ModelNetwork(OPTIONS);
          Links links = new Links(network);
          links.peer(2, "before:1");
          Together.share(network, links);
          Together.run(network.threads, () -> links.start(network), () -> links.peer(2, "after:1"));
          mustBeConnectedTo("after:1", links, network);
        });
  }

  @Test
  void aPeerOfWhichTwoSayWhereItIsIsConnectedToOnce() {
    Lincheck.runConcurrentTest(
        INVOCATIONS,
        () -> {
          ModelNetwork network = new ModelNetwork(OPTIONS);
          Links links = new Links(network);
          links.start(network);
          Together.share(network, links);
          Together.run(
              network.threads,
              () -> {
                links.peer(2, "before:1");
                links.peer(2, "here:1");
              },
              () -> links.peer(2, "here:1"));
          mustBeConnectedTo("here:1", links, network);
        });
  }

  @Test
  void noConnectionOutlivesTheLinksHoweverLateItsPeerBecomesKnown() {
    Lincheck.runConcurrentTest(
        INVOCATIONS,
        () -> {
          ModelNetwork network = new ModelNetwork(OPTIONS);
          Links links = new Links(network);
          Together.share(network, links);
          Together.run(
              network.threads,
              () -> {
                links.start(network);
                links.peer(2, "here:1");
              },
              () -> {
                links.close();
                network.loop.shutdown();
              });
          require(network.open == 0, network.open);
        });
  }

  @Test
  void aPeerThatIsForgottenWhileItComesBackIsConnectedToOrNotButNeverHalf() {
    Lincheck.runConcurrentTest(
        INVOCATIONS,
        () -> {
          ModelNetwork network = new ModelNetwork(OPTIONS);
          Links links = new Links(network);
          links.start(network);
          links.peer(2, "before:1");
          Together.share(network, links);
          Together.run(network.threads, () -> links.forget(2), () -> links.peer(2, "after:1"));
          network.threads.await();
          if (links.to(2) == null) {
            require(network.open == 0, network.open);
            links.peer(2, "after:1");
          }
          mustBeConnectedTo("after:1", links, network);
        });
  }

  private static void mustBeConnectedTo(String address, Links links, ModelNetwork network) {
    // A connection that was given up is made again, after a while that does not pass here.
    links.to(2).hurry();
    network.threads.await();
    require(network.open == 1 && network.target.equals(address), network.target);
  }

  private static void require(boolean condition, Object seen) {
    if (!condition) {
      throw new AssertionError(seen);
    }
  }
}
