package dengine.engine;

import dengine.engine.spi.LogStore;
import dengine.engine.spi.MetaStore;
import dengine.engine.spi.StorageException;
import dengine.interleaving.Together;
import dengine.raft.Effect;
import dengine.raft.Entry;
import dengine.raft.Event;
import dengine.raft.HardState;
import dengine.raft.Membership;
import dengine.raft.Position;
import dengine.raft.RaftOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.jetbrains.lincheck.Lincheck;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// Lets a model checker run the event loop, which submits changes of the log and then closes it,
/// against the writer's rounds, in every order it can think of.
@SuppressWarnings("missing-explicit-ctor") // public because the model checker asks for it
public class InterleavedLogWriterTest {

  private static final int INVOCATIONS = 150;
  private static final Persistence DISK_FIRST = new Persistence.DiskFirst();
  private static final Persistence MEM_FIRST = new Persistence.MemFirst(Duration.ofMillis(1));

  @Test
  void changesAreWrittenInOrderAndReportedOnceDurableAlthoughNobodyComesAgain() {
    Lincheck.runConcurrentTest(
        INVOCATIONS,
        () -> {
          Together carrier = new Together();
          Book book = new Book(DISK_FIRST, Long.MAX_VALUE);
          LogWriter writer = writer(carrier, book, 2);
          Together.run(carrier, writer::start, () -> submitFour(writer));
          book.mustEndWith(4, 4, 0);
          book.mustCount(writer);
        });
  }

  @Test
  void whatIsQueuedWhenItIsClosedIsWrittenAndSynced() {
    Lincheck.runConcurrentTest(
        INVOCATIONS,
        () -> {
          for (Persistence persistence : List.of(DISK_FIRST, MEM_FIRST)) {
            Together carrier = new Together();
            Book book = new Book(persistence, Long.MAX_VALUE);
            LogWriter writer = writer(carrier, book, 1);
            Together.run(
                carrier,
                () -> {
                  submitFour(writer);
                  writer.close();
                  book.mustEndWith(4, 4, 0);
                  book.mustCount(writer);
                });
            book.mustEndWith(4, 4, 0);
          }
        });
  }

  @Test
  void afterAFailureNothingIsWrittenAndItIsToldOnce() {
    Lincheck.runConcurrentTest(
        INVOCATIONS,
        () -> {
          Together carrier = new Together();
          Book book = new Book(DISK_FIRST, 3);
          LogWriter writer = writer(carrier, book, 1);
          Together.run(
              carrier,
              () -> {
                submitFour(writer);
                writer.close();
                book.mustEndWith(2, 2, 1);
                book.mustCount(writer);
              });
          book.mustEndWith(2, 2, 1);
        });
  }

  @Test
  void whatElseChangesTheDiskHasItsTurnAfterWhatWasQueuedBefore() {
    Lincheck.runConcurrentTest(
        INVOCATIONS,
        () -> {
          Together carrier = new Together();
          Book book = new Book(DISK_FIRST, Long.MAX_VALUE);
          LogWriter writer = writer(carrier, book, 2);
          Together.run(
              carrier,
              writer::start,
              () -> {
                writer.found(new Effect.Found(Membership.of(1, 2)));
                writer.submit(List.of(change(1), change(2)));
                writer.compact(new Effect.Compact(new Position(2, 1)));
                writer.submit(List.of(change(3)));
                writer.compact(new Effect.Compact(new Position(3, 1)));
                writer.submit(List.of(change(4)));
              });
          book.mustEndWith(4, 4, 0);
          book.mustHaveFoundedAndCompacted(3);
        });
  }

  /// Who waits for a sync is told once, of one that has everything that was reported before, or
  /// that there will be none.
  @Test
  void whoWaitsForASyncIsToldInAnyCase() {
    Lincheck.runConcurrentTest(
        INVOCATIONS,
        () -> {
          Together carrier = new Together();
          Book book = new Book(MEM_FIRST, Long.MAX_VALUE);
          LogWriter writer = writer(carrier, book, 1);
          AtomicInteger told = new AtomicInteger();
          Together.run(
              carrier,
              writer::start,
              () -> {
                writer.submit(List.of(change(1)));
                writer.onceSynced(told::incrementAndGet, _ -> told.incrementAndGet());
                writer.submit(List.of(change(2)));
                writer.close();
              },
              () -> writer.onceSynced(told::incrementAndGet, _ -> told.incrementAndGet()));
          if (told.get() != 2) {
            throw new AssertionError("told " + told.get());
          }
          book.mustEndWith(2, 2, 0);
        });
  }

  private static LogWriter writer(Together carrier, Book book, int batch) {
    ModelledExecution threads = new ModelledExecution(carrier);
    NodeOptions options =
        new NodeOptions(
            RaftOptions.DEFAULT, book.persistence, 1, batch * Entry.OVERHEAD_BYTES, Duration.ZERO);
    LogWriter writer = new LogWriter("log", book, book, options, threads, threads, book);
    Together.share(writer, book);
    return writer;
  }

  private static void submitFour(LogWriter writer) {
    writer.submit(List.of(change(1)));
    writer.submit(List.of(change(2), change(3)));
    writer.submit(List.of(change(4)));
  }

  /// The second one carries a vote.
  private static Effect.Persist change(long sequence) {
    Optional<HardState> vote = sequence == 2 ? Optional.of(new HardState(1, 1)) : Optional.empty();
    return new Effect.Persist(sequence, vote, 0, List.of());
  }

  /// A log, and what is reported about it, in sequence numbers. Plain fields on purpose: they are
  /// right only if there is one round at a time.
  private static final class Book implements LogStore, MetaStore, Mailbox {
    private final Persistence persistence;
    private final long failing;
    private long written;
    private long votes;
    private long durable;
    private long reported;
    private int forces;
    private int failures;
    private long compacted;
    private @Nullable Membership founders;
    private boolean founded;
    private boolean wrong;

    Book(Persistence persistence, long failing) {
      this.persistence = persistence;
      this.failing = failing;
    }

    @Override
    public void append(List<Effect.Persist> changes) {
      wrong |= failures > 0;
      for (Effect.Persist change : changes) {
        if (change.sequence() == failing) {
          throw new StorageException.IoFailure("write", Path.of("log"), new IOException("broken"));
        }
        wrong |= change.sequence() != written + 1;
        written = change.sequence();
        votes = change.hardState().isPresent() ? written : votes;
      }
    }

    @Override
    public void force() {
      wrong |= failures > 0 || durable == written;
      durable = written;
      forces++;
    }

    @Override
    public void compact(Position upTo) {
      wrong |= upTo.index() != written || upTo.index() <= compacted || failures > 0;
      compacted = upTo.index();
    }

    @Override
    public void found(Membership members) {
      wrong |= founders != null || written > 0;
      founders = members;
    }

    @Override
    public void tell(Event event, boolean inline) {
      switch (event) {
        case Event.Persisted(long sequence) -> {
          wrong |= sequence <= reported || sequence > written || failures > 0;
          wrong |=
              durable < (persistence.equals(DISK_FIRST) ? sequence : Math.min(votes, sequence));
          reported = sequence;
        }
        case Event.Founded() -> {
          wrong |= founders == null || founded;
          founded = true;
        }
        case Event.StorageFailed _ -> failures++;
        default -> wrong = true;
      }
    }

    void mustHaveFoundedAndCompacted(long upTo) {
      if (!founded || compacted != upTo) {
        throw new AssertionError("founded=%s compacted=%s".formatted(founded, compacted));
      }
    }

    void mustEndWith(long last, long synced, int failed) {
      if (wrong || written != last || reported != last || durable != synced || failures != failed) {
        throw new AssertionError(
            "wrong=%s written=%s reported=%s durable=%s failures=%s"
                .formatted(wrong, written, reported, durable, failures));
      }
    }

    void mustCount(LogWriter writer) {
      if (writer.forces() != forces || writer.forceNanos() != 0) {
        throw new AssertionError(forces + " syncs, counted " + writer.forces());
      }
    }

    @Override
    public Optional<Identity> identity() {
      throw new UnsupportedOperationException();
    }

    @Override
    public long incarnation() {
      throw new UnsupportedOperationException();
    }

    @Override
    public Optional<Membership> founders() {
      throw new UnsupportedOperationException();
    }

    @Override
    public void establish(Identity identity, long incarnation) {
      throw new UnsupportedOperationException();
    }

    @Override
    public Recovered recovered() {
      throw new UnsupportedOperationException();
    }

    @Override
    public List<Entry> read(long from, long upTo, long maxBytes) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void tellAndEnd(Event event, Runnable completions) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void close() {}
  }
}
