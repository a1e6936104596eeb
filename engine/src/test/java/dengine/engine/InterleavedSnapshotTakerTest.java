package dengine.engine;

import dengine.engine.spi.SnapshotStore.Snapshot;
import dengine.engine.spi.StateMachine;
import dengine.interleaving.Together;
import dengine.raft.Event;
import dengine.raft.Membership;
import dengine.raft.Position;
import dengine.raft.SnapshotPoint;
import java.io.OutputStream;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jetbrains.lincheck.Lincheck;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// Lets a model checker run whoever applies, and those who ask for a snapshot, against the worker
/// that takes them, and its end, in every order it can think of.
@SuppressWarnings("missing-explicit-ctor") // public because the model checker asks for it
public class InterleavedSnapshotTakerTest {

  private static final int INVOCATIONS = 150;

  /// What the first line of a log sets up has loops that the checker takes for endless ones.
  @BeforeAll
  static void writeOneLine() {
    System.getLogger(SnapshotTaker.class.getName())
        .log(System.Logger.Level.INFO, () -> "event=%s number=%d".formatted("first-line", 1));
  }

  @Test
  void aSnapshotIsTakenAlthoughNothingIsAppliedAfterItIsDue() {
    Lincheck.runConcurrentTest(
        INVOCATIONS,
        () -> {
          Bench bench = new Bench(new SnapshotPolicy.Entries(2));
          Together.run(
              bench.carrier,
              bench::start,
              () -> {
                bench.apply(1);
                bench.apply(2);
              });
          require(bench.taken >= 2, "taken " + bench.taken);
          bench.mustBeWhole();
        });
  }

  @Test
  void whoeverAsksIsAnsweredOnceAlsoByANodeThatEnds() {
    Lincheck.runConcurrentTest(
        INVOCATIONS,
        () -> {
          Bench bench = new Bench(SnapshotPolicy.onDemand());
          AtomicInteger ends = new AtomicInteger();
          bench.appliedIndex = 1;
          Together.run(
              bench.carrier,
              bench::start,
              () -> {
                bench.demand(ends);
                bench.demand(ends);
              },
              bench.taker::close);
          require(ends.get() == 2, "ends " + ends);
          bench.mustBeWhole();
        });
  }

  private static void require(boolean condition, Object seen) {
    if (!condition) {
      throw new AssertionError(seen);
    }
  }

  /// A state machine that gives views on threads of its own, and what the event loop hears.
  private static final class Bench implements Mailbox {
    private final Together carrier = new Together();
    private final MemorySnapshots store = new MemorySnapshots();
    private final AtomicInteger openViews = new AtomicInteger();
    private final SnapshotTaker taker;
    private volatile long appliedIndex;
    private volatile long taken;
    private volatile boolean wrong;

    Bench(SnapshotPolicy policy) {
      ModelledExecution threads = new ModelledExecution(carrier);
      this.taker =
          new SnapshotTaker(
              "snapshot",
              1,
              store,
              SnapshotOptions.DEFAULT.withPolicy(policy),
              threads,
              threads,
              this,
              new SnapshotCounters(),
              new UnreadableSnapshots(1, store));
      Together.share(this, taker);
    }

    void start() {
      taker.start(answer -> carrier.execute(() -> giveView(answer)));
    }

    void apply(long index) {
      appliedIndex = index;
      taker.applied(index, index);
    }

    void demand(AtomicInteger ends) {
      CompletableFuture<Snapshot> demand = taker.demand();
      CompletableFuture<Integer> _ = demand.handle((_, _) -> ends.incrementAndGet());
    }

    private void giveView(Consumer<StateView> answer) {
      openViews.incrementAndGet();
      SnapshotPoint point =
          new SnapshotPoint(new Position(appliedIndex, 1), 0, Membership.of(1), 0);
      answer.accept(
          new StateView.Taken(
              Optional.of(point), Optional.of(new OneByte()), 1, point.position().index()));
    }

    void mustBeWhole() {
      require(!wrong && openViews.get() == 0, "wrong=" + wrong + " open views " + openViews);
    }

    @Override
    public void tell(Event event, boolean inline) {
      if (event instanceof Event.SnapshotTaken(SnapshotPoint point, long keepFrom)) {
        wrong |= point.position().index() <= taken || keepFrom != 1;
        taken = point.position().index();
      } else {
        wrong = true;
      }
    }

    @Override
    public void tellAndEnd(Event event, Runnable completions) {
      throw new UnsupportedOperationException();
    }

    private final class OneByte implements StateMachine.View {
      private boolean closed;

      @Override
      public void writeTo(OutputStream out) throws java.io.IOException {
        wrong |= closed;
        out.write(1);
      }

      @Override
      public void close() {
        wrong |= closed;
        closed = true;
        openViews.decrementAndGet();
      }
    }
  }
}
