package dengine.testkit.chaos;

import dengine.api.Bytes;
import dengine.api.DEngineException;
import dengine.api.KeyValue;
import dengine.api.Page;
import dengine.api.ReadPolicy;
import dengine.api.RejectedException;
import dengine.api.Scan;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/// Every write that was tried and what the cluster said about it, to be compared with what the
/// cluster holds. Each write has a key and a value of its own. For any number of threads.
final class Ledger {

  private static final String PREFIX = "write-";
  private final BitSet acknowledged = new BitSet();
  private final BitSet refused = new BitSet();
  private volatile int valueLength;
  private volatile String lastFailure = "nothing";
  private int tried;
  private long lastAcknowledged = System.nanoTime();
  private long longestGap;

  /// What differs between the ledger and the cluster.
  ///
  /// @param checked how many writes had been acknowledged when the comparison began
  /// @param missing those of them that are not there
  /// @param wrong what is there and must not be: refused, never tried, or with another value
  record Comparison(int checked, BitSet missing, List<String> wrong) {
    boolean holdsEverything() {
      return missing.isEmpty() && wrong.isEmpty();
    }

    /// Throws if something is missing or wrong.
    int require() {
      if (!holdsEverything()) {
        throw new IllegalStateException(
            "of %d acknowledged writes are missing %s; there although they must not be: %s"
                .formatted(checked, missing, wrong));
      }
      return checked;
    }
  }

  /// Tries to write once more; whether that was acknowledged.
  boolean write(Store store) {
    int number = next();
    try {
      store.put(key(number), Bytes.of(value(number, valueLength)));
    } catch (RejectedException nothingWritten) {
      note(refused, number);
      lastFailure = nothingWritten.toString();
      return false;
    } catch (DEngineException unknown) {
      lastFailure = unknown.toString();
      return false;
    }
    acknowledge(number);
    return true;
  }

  private static Bytes key(int number) {
    return Bytes.of(PREFIX + "%09d".formatted(number));
  }

  private static String value(int number, int length) {
    String text = "value " + number + " ";
    return text + ".".repeat(Math.max(0, length - text.length()));
  }

  /// From now on values are filled up to this many bytes, to make a log grow faster.
  void fillValuesTo(int bytes) {
    valueLength = bytes;
  }

  // Locks because clients add to sets that a comparison copies at the same time.
  private synchronized int next() {
    return tried++;
  }

  private synchronized void note(BitSet set, int number) {
    set.set(number);
  }

  private synchronized void acknowledge(int number) {
    long now = System.nanoTime();
    longestGap = Math.max(longestGap, now - lastAcknowledged);
    lastAcknowledged = now;
    acknowledged.set(number);
  }

  private synchronized BitSet copy(BitSet set) {
    return (BitSet) set.clone();
  }

  /// Why the last write that was not acknowledged was not.
  String lastFailure() {
    return lastFailure;
  }

  /// How many writes were tried.
  synchronized int tried() {
    return tried;
  }

  /// How many writes were acknowledged.
  synchronized int acknowledged() {
    return acknowledged.cardinality();
  }

  /// The longest time without an acknowledgement since the last call of this method.
  synchronized Duration takeLongestGap() {
    long now = System.nanoTime();
    Duration gap = Duration.ofNanos(Math.max(longestGap, now - lastAcknowledged));
    longestGap = 0;
    lastAcknowledged = now;
    return gap;
  }

  /// Expects these writes no longer, because their loss is known.
  synchronized void giveUp(BitSet lost) {
    acknowledged.andNot(lost);
  }

  /// Reads everything, again and again until the cluster answers, and compares. Writes may go on
  /// meanwhile: what was acknowledged before must be there, what is tried later may be.
  Comparison compare(Store store, Duration patience) throws InterruptedException {
    long end = System.nanoTime() + patience.toNanos();
    while (true) {
      try {
        return compareNow(store, ReadPolicy.LINEARIZABLE);
      } catch (DEngineException notYet) {
        if (System.nanoTime() > end) {
          throw new IllegalStateException("no answer to reads within " + patience, notYet);
        }
        TimeUnit.MILLISECONDS.sleep(50);
      }
    }
  }

  /// Waits until one node has applied everything that had been acknowledged.
  void awaitEverythingOn(Store node, Duration patience) throws InterruptedException {
    long end = System.nanoTime() + patience.toNanos();
    BitSet due = copy(acknowledged);
    while (!holds(node, due)) {
      if (System.nanoTime() > end) {
        throw new IllegalStateException("the node did not catch up within " + patience);
      }
      TimeUnit.MILLISECONDS.sleep(50);
    }
  }

  private boolean holds(Store node, BitSet due) {
    try {
      BitSet open = (BitSet) due.clone();
      open.andNot(read(node, ReadPolicy.EVENTUAL, new ArrayList<>()));
      return open.isEmpty();
    } catch (DEngineException notYet) {
      return false;
    }
  }

  private Comparison compareNow(Store store, ReadPolicy policy) {
    BitSet missing = copy(acknowledged);
    final int checked = missing.cardinality();
    List<String> wrong = new ArrayList<>();
    BitSet found = read(store, policy, wrong);
    missing.andNot(found);
    BitSet impossible = copy(refused);
    impossible.and(found);
    impossible.stream().forEach(number -> wrong.add("refused: " + number));
    found.stream().filter(n -> n >= tried()).forEach(n -> wrong.add("never tried: " + n));
    return new Comparison(checked, missing, List.copyOf(wrong));
  }

  /// The numbers of all writes that are there with their own value; others go to `wrong`.
  private BitSet read(Store store, ReadPolicy policy, List<String> wrong) {
    BitSet found = new BitSet();
    Scan scan = Scan.prefix(PREFIX).policy(policy);
    Optional<Bytes> next = Optional.empty();
    do {
      Page page = store.scan(next.map(scan::from).orElse(scan));
      for (KeyValue entry : page.entries()) {
        int number = Integer.parseInt(entry.key().text().substring(PREFIX.length()));
        found.set(number);
        String text = entry.value().text();
        if (!text.equals(value(number, text.length()))) {
          wrong.add(entry.key().text() + " has the value of something else");
        }
      }
      next = page.next();
    } while (next.isPresent());
    return found;
  }
}
