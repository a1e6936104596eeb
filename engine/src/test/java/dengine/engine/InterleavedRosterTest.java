package dengine.engine;

import dengine.engine.spi.Transport;
import dengine.interleaving.Together;
import dengine.raft.Effect;
import dengine.raft.Membership;
import dengine.raft.Message;
import org.jetbrains.lincheck.Lincheck;
import org.junit.jupiter.api.Test;

/// Lets a model checker run turns of the event loop, which commit configurations, against those who
/// begin to watch, in every order it can think of.
@SuppressWarnings("missing-explicit-ctor") // public because the model checker asks for it
public class InterleavedRosterTest {

  private static final int INVOCATIONS = 300;

  @Test
  void whoeverBeginsToWatchSeesTheLastConfigurationAndNeverAnOlderOneAfterANewerOne() {
    Lincheck.runConcurrentTest(
        INVOCATIONS,
        () -> {
          Bench bench = new Bench();
          Together.run(
              bench.carrier,
              () -> {
                bench.commit(1);
                bench.commit(2);
              },
              bench::watch);
          bench.mustHaveSeen(2);
        });
  }

  /// A roster and one who watches it. Plain fields on purpose: they are right only if he is told of
  /// one thing at a time.
  private static final class Bench implements Transport {
    private final Together carrier = new Together();
    private final Roster roster;
    private long seen = -1;
    private boolean wrong;

    Bench() {
      Configuration founded = new Configuration(0, Membership.of(1), true);
      this.roster = new Roster(1, founded, founded, this, carrier);
      Together.share(this, roster);
    }

    void commit(long index) {
      roster.configured(new Effect.Configured(index, Membership.of(1), true));
    }

    void watch() {
      AutoCloseable _ = roster.watch(this::see);
    }

    private void see(Configuration configuration) {
      wrong |= configuration.index() <= seen;
      seen = configuration.index();
    }

    void mustHaveSeen(long last) {
      if (wrong || seen != last) {
        throw new AssertionError("seen " + seen + ", in order: " + !wrong);
      }
    }

    @Override
    public void start(Receiver receiver) {}

    @Override
    public void send(int to, Message message) {}

    @Override
    public void close() {}
  }
}
