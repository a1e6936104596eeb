package dengine.testkit.chaos;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dengine.api.Bytes;
import dengine.api.KeyValue;
import dengine.api.NotLeaderException;
import dengine.api.Page;
import dengine.api.ReadPolicy;
import dengine.api.Scan;
import dengine.api.Swap;
import dengine.api.Values;
import java.time.Duration;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/// The ledger must notice each of the mistakes that it is there for.
class LedgerTest {

  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final Ledger ledger = new Ledger();
  private final Shelf shelf = new Shelf();

  @Test
  void aStoreThatKeepsEverythingIsFoundInOrder() throws InterruptedException {
    ledger.write(shelf);
    ledger.fillValuesTo(1_000);
    ledger.write(shelf);

    assertEquals(2, ledger.compare(shelf, PATIENCE).require());
  }

  @Test
  void anAcknowledgedWriteThatIsGoneIsMissing() throws InterruptedException {
    ledger.write(shelf);
    ledger.write(shelf);
    shelf.content.pollLastEntry();

    Ledger.Comparison found = ledger.compare(shelf, PATIENCE);

    assertEquals(BitSet.valueOf(new long[] {0b10}), found.missing());
    assertThrows(IllegalStateException.class, found::require);
  }

  @Test
  void aLossThatWasGivenUpIsNotExpectedAgain() throws InterruptedException {
    ledger.write(shelf);
    shelf.content.clear();
    ledger.giveUp(ledger.compare(shelf, PATIENCE).missing());

    assertTrue(ledger.compare(shelf, PATIENCE).holdsEverything());
  }

  @Test
  void aRefusedWriteMustNotBeThere() throws InterruptedException {
    shelf.refuses = true;
    ledger.write(shelf);

    assertEquals(List.of("refused: 0"), ledger.compare(shelf, PATIENCE).wrong());
  }

  @Test
  void aWriteThatNobodyTriedMustNotBeThere() throws InterruptedException {
    ledger.write(shelf);
    Ledger other = new Ledger();
    other.write(shelf);
    other.write(shelf);

    assertEquals(List.of("never tried: 1"), ledger.compare(shelf, PATIENCE).wrong());
  }

  @Test
  void aValueOfAnotherWriteIsWrong() throws InterruptedException {
    ledger.write(shelf);
    ledger.write(shelf);
    shelf.content.replace(shelf.content.firstKey(), shelf.content.lastEntry().getValue());

    assertEquals(1, ledger.compare(shelf, PATIENCE).wrong().size());
  }

  /// Keeps what is put, even what it says that it refused.
  private static final class Shelf implements Store {
    final TreeMap<Bytes, Bytes> content = new TreeMap<>();
    boolean refuses;

    @Override
    public long put(Bytes key, Bytes value) {
      content.put(key, value);
      if (refuses) {
        throw new NotLeaderException(0, "");
      }
      return 1;
    }

    @Override
    public Page scan(Scan scan) {
      List<KeyValue> entries = content.entrySet().stream().map(Shelf::entry).toList();
      return new Page(1, entries, Optional.empty());
    }

    private static KeyValue entry(Map.Entry<Bytes, Bytes> kept) {
      return new KeyValue(kept.getKey(), kept.getValue(), 1, 1, 1);
    }

    @Override
    public long delete(Bytes key) {
      throw new UnsupportedOperationException();
    }

    @Override
    public Swap compareAndSwap(Bytes key, Optional<Bytes> expected, Bytes value) {
      throw new UnsupportedOperationException();
    }

    @Override
    public Optional<KeyValue> get(Bytes key, ReadPolicy policy) {
      throw new UnsupportedOperationException();
    }

    @Override
    public Values getMany(List<Bytes> keys) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void close() {}
  }
}
