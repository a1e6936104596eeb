package dengine.engine;

import dengine.engine.spi.StateMachine;
import dengine.interleaving.Together;
import dengine.raft.Entry;
import dengine.raft.Event;
import dengine.raft.Position;
import java.util.List;
import org.jetbrains.lincheck.Lincheck;
import org.junit.jupiter.api.Test;

/// Lets a model checker run turns of the event loop, which hand entries and readers over, against
/// whoever applies and those who look how far it has come, in every order it can think of.
@SuppressWarnings("missing-explicit-ctor") // public because the model checker asks for it
public class InterleavedApplierTest {

  private static final int INVOCATIONS = 150;

  @Test
  void everyCallAndReaderIsAnsweredOnceItsIndexIsApplied() {
    Lincheck.runConcurrentTest(
        INVOCATIONS,
        () -> {
          Bench bench = new Bench(10, Long.MAX_VALUE);
          Reader[] readers = {bench.reader(2), bench.reader(3), bench.reader(3)};
          WriteCall[] calls = {bench.call(2), bench.call(3)};
          Together.run(
              bench.carrier,
              () -> {
                bench.serve(readers[0]);
                bench.apply(1, 2, calls[0]);
                bench.serve(readers[1]);
                bench.apply(3, 3, calls[1]);
                bench.serve(readers[2]);
              },
              bench::watch);
          bench.mustHaveApplied(3, 0);
          for (Reader reader : readers) {
            reader.mustHaveSucceeded();
          }
          require(calls[0].await().equals(20L) && calls[1].await().equals(30L), "a wrong result");
        });
  }

  @Test
  void aReaderIsRefusedOnlyWhileOthersWaitAndTheirPlacesBecomeFreeAgain() {
    Lincheck.runConcurrentTest(
        INVOCATIONS,
        () -> {
          Bench bench = new Bench(1, Long.MAX_VALUE);
          Reader[] readers = {bench.reader(1), bench.reader(1), bench.reader(2), bench.reader(3)};
          Together.run(
              bench.carrier,
              () -> {
                bench.serve(readers[0]);
                bench.serve(readers[1]);
                bench.apply(1, 1);
                while (!readers[0].call.isDone()) {
                  Thread.onSpinWait();
                }
                bench.serve(readers[2]);
                bench.apply(2, 2);
              });
          bench.serve(readers[3]);
          bench.apply(3, 3);
          bench.carrier.await();
          readers[0].mustHaveSucceeded();
          readers[2].mustHaveSucceeded();
          readers[3].mustHaveSucceeded();
          require(readers[1].ends == 1 && readers[1].refused, "too many wait");
        });
  }

  @Test
  void whatFollowsAFailureIsNotAppliedAndNobodyIsToldOtherwise() {
    Lincheck.runConcurrentTest(
        INVOCATIONS,
        () -> {
          Bench bench = new Bench(10, 2);
          Reader[] readers = {bench.reader(1), bench.reader(2)};
          WriteCall[] calls = {bench.call(1), bench.call(2), bench.call(3)};
          Together.run(
              bench.carrier,
              () -> {
                bench.apply(1, 1, calls[0]);
                bench.serve(readers[0]);
                bench.serve(readers[1]);
                bench.apply(2, 2, calls[1]);
                bench.apply(3, 3, calls[2]);
              },
              bench::watch);
          bench.mustHaveApplied(1, 1);
          require(calls[0].await().equals(10L), "a wrong result");
          require(!calls[1].isDone() && !calls[2].isDone(), "answered though not applied");
          require(readers[1].ends == 0, "a reader was let go though it was not applied");
        });
  }

  @Test
  void whoWaitsUntilItIsIdleMayCloseTheStateMachine() {
    Lincheck.runConcurrentTest(
        INVOCATIONS,
        () -> {
          Bench bench = new Bench(10, Long.MAX_VALUE);
          Together.run(
              bench.carrier,
              () -> {
                bench.apply(1, 1);
                bench.apply(2, 2);
                while (!bench.applier.isIdle()) {
                  Thread.onSpinWait();
                }
                bench.closed = true;
                require(bench.machineAt == 2, "closed too early");
              });
          bench.mustHaveApplied(2, 0);
        });
  }

  private static void require(boolean condition, Object seen) {
    if (!condition) {
      throw new AssertionError(seen);
    }
  }

  /// A reader, and how it ended.
  private static final class Reader {
    private final long index;
    private final ReadCall call;
    private int ends;
    private boolean refused;

    Reader(Bench bench, long index) {
      this.index = index;
      this.call =
          new ReadCall(
              0,
              (_, failure) -> {
                ends++;
                refused = failure != null;
                bench.wrong |= !refused && bench.machineAt < index;
              });
    }

    void mustHaveSucceeded() {
      require(ends == 1 && !refused, "reader of " + index + ": ends " + ends);
    }
  }

  /// A state machine, and what the event loop hears. Plain fields on purpose: they are right only
  /// if there is one batch at a time.
  private static final class Bench implements StateMachine, Mailbox {
    private final Together carrier = new Together();
    private final long failing;
    private final Applier applier;
    private long machineAt;
    private long told;
    private int failures;
    private boolean applying;
    private boolean closed;
    private boolean wrong;

    Bench(int maxWaitingReaders, long failing) {
      this.failing = failing;
      this.applier =
          new Applier(
              this,
              Applied.nothing(),
              new MemorySnapshots(),
              (_, _) -> {},
              new ModelledExecution(carrier),
              maxWaitingReaders,
              carrier,
              this);
      Together.share(this, applier);
    }

    Reader reader(long index) {
      return new Reader(this, index);
    }

    WriteCall call(long index) {
      WriteCall call = new WriteCall(new byte[0], 0, null);
      call.accepted(new Position(index, 1));
      return call;
    }

    void serve(Reader reader) {
      applier.serve(List.of(reader.call), reader.index);
    }

    void apply(long from, long to, WriteCall... calls) {
      Entry first = new Entry(from, 1, 0, Entry.Kind.COMMAND, new byte[0]);
      Entry last = new Entry(to, 1, 0, Entry.Kind.COMMAND, new byte[0]);
      applier.apply(from == to ? List.of(first) : List.of(first, last), List.of(calls));
    }

    void watch() {
      long before = 0;
      for (int look = 0; look < 2; look++) {
        long now = applier.applied();
        require(now >= before && now <= machineAt, "applied " + before + ", then " + now);
        before = now;
      }
    }

    @Override
    public void apply(Batch batch) {
      wrong |= applying || closed || failures > 0 || batch.index(0) != machineAt + 1;
      applying = true;
      for (int i = 0; i < batch.size(); i++) {
        batch.complete(i, batch.index(i) * 10);
      }
      applying = false;
      if (batch.index(0) >= failing) {
        throw new IllegalStateException("told to break");
      }
      machineAt = batch.index(batch.size() - 1);
    }

    @Override
    public void tell(Event event, boolean inline) {
      switch (event) {
        case Event.Applied(long index) -> {
          wrong |= index <= told || index != machineAt;
          told = index;
        }
        case Event.StorageFailed _ -> failures++;
        default -> wrong = true;
      }
    }

    @Override
    public void tellAndEnd(Event event, Runnable completions) {
      tell(event, false);
      completions.run();
    }

    void mustHaveApplied(long last, int failed) {
      if (wrong || told != last || applier.applied() != last || failures != failed) {
        throw new AssertionError(
            "wrong=%s told=%s applied=%s failures=%s"
                .formatted(wrong, told, applier.applied(), failures));
      }
      require(applier.isIdle(), "not idle");
    }
  }
}
