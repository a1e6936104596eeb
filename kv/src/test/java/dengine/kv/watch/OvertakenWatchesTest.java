package dengine.kv.watch;

import static org.assertj.core.api.Assertions.assertThat;

import dengine.api.Bytes;
import dengine.api.Watch;
import dengine.api.WatchEvent;
import dengine.api.WatchOptions;
import dengine.engine.spi.Clock;
import dengine.engine.spi.Execution;
import dengine.kv.Command;
import dengine.kv.KvStore;
import dengine.kv.TestBatch;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// A ring so small that whoever applies overtakes whoever tells again and again, on real threads.
@Timeout(60)
final class OvertakenWatchesTest {

  private static final int KEYS = 60;
  private static final int BATCHES = 20_000;
  private static final int HISTORY = 32;

  private final KvStore store = new KvStore();
  private final Watches watches =
      new Watches(
          "watch",
          WatchLimits.DEFAULT.withHistory(HISTORY, 1 << 20).withBuffer(1 << 16, 1 << 24),
          0,
          Clock.SYSTEM,
          Execution.THREADS,
          new Random(1));
  private final AtomicLong told = new AtomicLong();
  private final AtomicLong ended = new AtomicLong();

  @AfterEach
  void close() {
    watches.close();
  }

  /// Writes 1, 2, 3 and so on to each key, so that whoever watches one knows what comes next.
  @Test
  void aWatchThatIsOvertakenIsEndedNeverToldLess() {
    store.tell(watches.recorder());
    List<Reader> readers = new ArrayList<>();
    for (int key = 0; key < KEYS; key += 2) {
      readers.add(new Reader(key));
    }
    Random random = new Random(7);
    long[] count = new long[KEYS];
    for (int i = 0; i < BATCHES; i++) {
      TestBatch batch = new TestBatch(store.revision() + 1);
      for (int left = 1 + random.nextInt(8); left > 0; left--) {
        // The even ones, which somebody watches, change seldom.
        int key = random.nextInt(50) == 0 ? random.nextInt(KEYS) : random.nextInt(KEYS / 2) * 2 + 1;
        batch.add(new Command.Put(key(key), Bytes.of(Long.toString(++count[key]))).encode());
      }
      store.apply(batch);
      readers.forEach(Reader::take);
    }
    watches.close();
    readers.forEach(Reader::takeAll);

    readers.forEach(reader -> assertThat(reader.next).isEqualTo(count[reader.key] + 1));
    assertThat(told.get()).isPositive();
    assertThat(ended.get()).as("watches that were overtaken").isPositive();
    assertThat(watches.activity().watchers()).isZero();
  }

  private static Bytes key(int number) {
    return Bytes.of("/" + number);
  }

  /// Watches one key; after an end from what it holds then.
  private final class Reader {
    private final int key;
    private Watch watch;
    private long next = 1;

    Reader(int key) {
      this.key = key;
      this.watch = begin();
    }

    private Watch begin() {
      return watches.watch(Watched.key(key(key)), WatchOptions.DEFAULT).join();
    }

    void take() {
      for (Optional<WatchEvent> event = poll(); event.isPresent(); event = poll()) {
        if (event.get() instanceof WatchEvent.Put(_, _, Bytes value, _)) {
          assertThat(value.text()).isEqualTo(Long.toString(next));
          next++;
          told.incrementAndGet();
        } else if (event.get() instanceof WatchEvent.Canceled) {
          ended.incrementAndGet();
          watch = begin();
          next = readNext();
        }
      }
    }

    private long readNext() {
      var found = store.find(key(key));
      return found == null ? 1 : Long.parseLong(found.text()) + 1;
    }

    private Optional<WatchEvent> poll() {
      return watch.poll(Duration.ZERO);
    }

    /// Up to the end, which comes because nothing is applied any more.
    void takeAll() {
      for (WatchEvent event : watch) {
        if (event instanceof WatchEvent.Put(_, _, Bytes value, _)) {
          assertThat(value.text()).isEqualTo(Long.toString(next));
          next++;
        } else if (event instanceof WatchEvent.Canceled(_, WatchEvent.Reason reason, _, _)
            && reason != WatchEvent.Reason.STOPPED) {
          next = readNext();
        }
      }
    }
  }
}
