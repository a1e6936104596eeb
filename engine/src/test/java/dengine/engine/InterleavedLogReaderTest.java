package dengine.engine;

import dengine.engine.spi.LogStore;
import dengine.engine.spi.StorageException;
import dengine.interleaving.Together;
import dengine.raft.Effect;
import dengine.raft.Entry;
import dengine.raft.Event;
import dengine.raft.Position;
import java.nio.file.Path;
import java.util.List;
import org.jetbrains.lincheck.Lincheck;
import org.junit.jupiter.api.Test;

/// Lets a model checker run the event loop, which asks for entries and then closes, against the
/// reader's rounds, in every order it can think of.
@SuppressWarnings("missing-explicit-ctor") // public because the model checker asks for it
public class InterleavedLogReaderTest {

  private static final int INVOCATIONS = 200;

  @Test
  void eachReadIsAnsweredOnceInOrderAlthoughNobodyComesAgain() {
    Lincheck.runConcurrentTest(
        INVOCATIONS,
        () -> {
          Together carrier = new Together();
          Shelf shelf = new Shelf();
          LogReader reader = reader(carrier, shelf);
          Together.run(carrier, reader::start, () -> askForFour(reader));
          shelf.mustHaveAnsweredFour();
        });
  }

  @Test
  void whatWasAskedForWhenItIsClosedIsAnswered() {
    Lincheck.runConcurrentTest(
        INVOCATIONS,
        () -> {
          Together carrier = new Together();
          Shelf shelf = new Shelf();
          LogReader reader = reader(carrier, shelf);
          Together.run(
              carrier,
              () -> {
                askForFour(reader);
                reader.close();
                shelf.mustHaveAnsweredFour();
              });
          shelf.mustHaveAnsweredFour();
        });
  }

  private static LogReader reader(Together carrier, Shelf shelf) {
    ModelledExecution threads = new ModelledExecution(carrier);
    LogReader reader = new LogReader("reader", shelf, threads, threads, shelf);
    Together.share(reader, shelf);
    return reader;
  }

  /// The third one fails.
  private static void askForFour(LogReader reader) {
    for (int from = 1; from <= 4; from++) {
      reader.submit(new Effect.ReadEntries(1, from, from, 1));
    }
  }

  /// A log, and the answers. Plain fields on purpose: they are right only if there is one round at
  /// a time.
  private static final class Shelf implements LogStore, Mailbox {
    private long read;
    private long answered;
    private boolean wrong;

    @Override
    public List<Entry> read(long from, long upTo, long maxBytes) {
      wrong |= from != answered + 1;
      read = from;
      if (from == 3) {
        throw new StorageException.Corrupt(Path.of("log"), 0, "broken");
      }
      return List.of(new Entry(from, 1, 0, Entry.Kind.COMMAND, new byte[0]));
    }

    @Override
    public void tell(Event event, boolean inline) {
      switch (event) {
        case Event.EntriesRead(int reader, long from, List<Entry> entries) ->
            wrong |= reader != 1 || from != read || entries.getFirst().index() != from;
        case Event.StorageFailed _ -> wrong |= read != 3;
        default -> wrong = true;
      }
      answered++;
    }

    void mustHaveAnsweredFour() {
      if (wrong || answered != 4) {
        throw new AssertionError("answered " + answered + ", in order: " + !wrong);
      }
    }

    @Override
    public Recovered recovered() {
      throw new UnsupportedOperationException();
    }

    @Override
    public void append(List<Effect.Persist> changes) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void compact(Position upTo) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void force() {
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
