package dengine.engine;

import dengine.interleaving.Together;
import dengine.raft.Membership;
import dengine.raft.RoleChange;
import org.jetbrains.lincheck.Lincheck;
import org.junit.jupiter.api.Test;

/// Lets a model checker run turns of the event loop against those who begin to follow the node, in
/// every order it can think of.
@SuppressWarnings("missing-explicit-ctor") // public because the model checker asks for it
public class InterleavedConditionsTest {

  private static final int INVOCATIONS = 300;
  private static final Configuration MEMBERS = new Configuration(0, Membership.of(1, 2), true);

  @Test
  void whoeverBeginsToFollowMissesNothingAndSeesNothingOlderAfterSomethingNewer() {
    Lincheck.runConcurrentTest(
        INVOCATIONS,
        () -> {
          Bench bench = new Bench();
          Together.run(
              bench.carrier,
              () -> {
                bench.turn(2);
                bench.turn(3);
              },
              bench::follow);
          bench.mustHaveSeenAllUpTo(3);
        });
  }

  /// A node and one who follows it. Plain fields on purpose: they are right only if he is told of
  /// one thing at a time.
  private static final class Bench {
    private final Together carrier = new Together();
    private final Conditions conditions = new Conditions(follower(1), carrier);
    private long seen;
    private boolean wrong;

    Bench() {
      Together.share(this, conditions);
    }

    private static RoleChange follower(long term) {
      return new RoleChange(term, RoleChange.Kind.FOLLOWER, 2);
    }

    void turn(long term) {
      conditions.update(follower(term), false, 0, MEMBERS);
    }

    void follow() {
      Watching _ = conditions.watch(this::see);
    }

    /// The first may be any; after that none is left out: there is room for all of them.
    private void see(Condition now) {
      wrong |= seen != 0 && now.term() != seen + 1;
      seen = now.term();
    }

    void mustHaveSeenAllUpTo(long last) {
      if (wrong || seen != last) {
        throw new AssertionError("seen " + seen + ", in order: " + !wrong);
      }
    }
  }
}
