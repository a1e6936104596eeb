package dengine.storage;

import static dengine.storage.Changes.SMALL;
import static dengine.storage.Changes.entries;
import static dengine.storage.Changes.entry;
import static dengine.storage.Changes.open;
import static dengine.storage.Changes.vote;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dengine.engine.spi.LogStore;
import dengine.engine.spi.StorageException;
import dengine.raft.Effect.Persist;
import dengine.raft.Entry;
import dengine.raft.HardState;
import dengine.raft.Position;
import dengine.raft.RecoveredLog;
import dengine.raft.RecoveredLog.TermRun;
import dengine.storage.Changes.Model;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LogStoreTest {

  private static final InstantSource CLOCK = InstantSource.system();

  @TempDir Path directory;

  @Test
  void aNewLogIsEmpty() {
    try (FileStorageEngine engine = open(directory, SMALL)) {
      assertThat(engine.log().recovered())
          .isEqualTo(new LogStore.Recovered(HardState.INITIAL, RecoveredLog.EMPTY, List.of()));
    }
  }

  @Test
  void whatWasAppendedIsReadAtOnceAndAfterARestart() {
    Entry first = entry(1, 1, 10);
    Entry second = new Entry(2, 1, 5, Entry.Kind.NOOP, new byte[0]);
    Entry third = new Entry(3, 2, Long.MAX_VALUE, Entry.Kind.MEMBERSHIP, new byte[] {1});
    try (FileStorageEngine engine = open(directory, SMALL)) {
      engine.log().append(List.of(vote(1, 1, 2), entries(2, first, second)));
      engine.log().append(List.of(entries(3, third)));
      engine.log().force();

      assertThat(engine.log().read(1, 3, Long.MAX_VALUE)).containsExactly(first, second, third);
    }

    try (FileStorageEngine engine = open(directory, SMALL)) {
      assertThat(engine.log().read(1, 3, Long.MAX_VALUE)).containsExactly(first, second, third);
      assertThat(engine.log().recovered().log())
          .isEqualTo(
              new RecoveredLog(
                  Position.ORIGIN,
                  List.of(new TermRun(1, 1), new TermRun(3, 2)),
                  3,
                  Long.MAX_VALUE));
      assertThat(engine.cut()).isEmpty();
    }
  }

  @Test
  void aReadStopsAtItsBytesButGivesAtLeastOneEntry() {
    try (FileStorageEngine engine = open(directory, SMALL)) {
      LogStore log = engine.log();
      log.append(List.of(entries(1, entry(1, 1, 52), entry(2, 1, 52), entry(3, 1, 52))));

      assertThat(log.read(1, 3, 0)).hasSize(1);
      assertThat(log.read(1, 3, 199)).hasSize(1);
      assertThat(log.read(1, 3, 200)).hasSize(2);
      assertThat(log.read(2, 2, 200)).containsExactly(entry(2, 1, 52));
      assertThat(log.read(1, 99, Long.MAX_VALUE)).hasSize(3);
    }
  }

  @Test
  void entriesThatAreNotInTheLogAreRefusedByRange() {
    try (FileStorageEngine engine = open(directory, SMALL)) {
      LogStore log = engine.log();
      assertThatThrownBy(() -> log.read(1, 1, 1)).isInstanceOf(StorageException.OutOfRange.class);
      log.append(List.of(entries(1, entry(1, 1, 1), entry(2, 1, 1))));

      assertThatThrownBy(() -> log.read(0, 1, 1)).isInstanceOf(StorageException.OutOfRange.class);
      assertThatThrownBy(() -> log.read(3, 3, 1)).isInstanceOf(StorageException.OutOfRange.class);
      assertThatThrownBy(() -> log.read(2, 1, 1)).isInstanceOf(StorageException.OutOfRange.class);
      assertThat(log.read(1, 2, 1000)).hasSize(2);
    }
  }

  @Test
  void aTruncationAcrossFilesLeavesTheRightPrefix() {
    Entry replaced = new Entry(5, 2, 0, Entry.Kind.COMMAND, new byte[] {42});
    try (FileStorageEngine engine = open(directory, SMALL)) {
      LogStore log = engine.log();
      for (long index = 1; index <= 20; index++) {
        log.append(List.of(entries(index, entry(index, 1, 1000))));
      }
      log.append(List.of(new Persist(21, Optional.empty(), 5, List.of(replaced))));
      log.force();

      assertThat(log.read(4, 9, 10_000)).containsExactly(entry(4, 1, 1000), replaced);
    }

    try (FileStorageEngine engine = open(directory, SMALL)) {
      assertThat(engine.log().recovered().log().lastIndex()).isEqualTo(5);
      assertThat(engine.log().read(4, 9, 10_000)).containsExactly(entry(4, 1, 1000), replaced);
    }
  }

  @Test
  void aChangeLargerThanAFileGetsAFileOfItsOwnSize() {
    Entry large = entry(2, 1, 100_000);
    StorageOptions options = new StorageOptions(Disk.system(), 4 << 10, 4 << 10, true, CLOCK);
    try (FileStorageEngine engine = open(directory, options)) {
      engine
          .log()
          .append(
              List.of(entries(1, entry(1, 1, 9)), entries(2, large), entries(3, entry(3, 1, 9))));
      engine.log().force();
      assertThat(engine.log().read(1, 3, Long.MAX_VALUE))
          .containsExactly(entry(1, 1, 9), large, entry(3, 1, 9));
    }

    try (FileStorageEngine engine = open(directory, options)) {
      assertThat(engine.log().read(1, 3, Long.MAX_VALUE))
          .containsExactly(entry(1, 1, 9), large, entry(3, 1, 9));
    }
  }

  @Test
  void theLargestEntryThereMayBeIsStoredAndALargerOneRefused() {
    Entry largest = entry(2, 1, Entry.MAX_PAYLOAD_BYTES);
    try (FileStorageEngine engine = open(directory, StorageOptions.DEFAULT)) {
      engine.log().append(List.of(entries(1, entry(1, 1, 9), largest), entries(2, entry(3, 1, 9))));
      engine.log().force();
    }

    try (FileStorageEngine engine = open(directory, StorageOptions.DEFAULT)) {
      assertThat(engine.log().read(2, 3, Long.MAX_VALUE)).containsExactly(largest, entry(3, 1, 9));
      Entry larger = entry(4, 1, Entry.MAX_PAYLOAD_BYTES + 1);
      assertThatThrownBy(() -> engine.log().append(List.of(entries(3, larger))))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("larger than an entry may be, 33554432 bytes");
    }
  }

  @Test
  void entriesThatDoNotFollowAreRefused() {
    try (FileStorageEngine engine = open(directory, SMALL)) {
      assertThatThrownBy(() -> engine.log().append(List.of(entries(1, entry(2, 1, 1)))))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("entry 2/1 after 0/0");
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void randomChangesAndRestartsAgreeWithANaiveLog(long seed) {
    Random random = new Random(seed);
    Model model = Model.EMPTY;
    long sequence = 0;
    for (int run = 0; run < 15; run++) {
      StorageOptions options =
          new StorageOptions(
              Disk.system(), 4096 + random.nextInt(20_000), 4096, random.nextBoolean(), CLOCK);
      try (FileStorageEngine engine = open(directory, options)) {
        model = model.repaired();
        assertThat(Model.of(engine.log())).as("seed %d run %d", seed, run).isEqualTo(model);
        for (int batch = 0; batch < 12; batch++) {
          List<Persist> changes = new ArrayList<>();
          for (int i = random.nextInt(6); i >= 0; i--) {
            Persist change = Changes.random(model, ++sequence, 600, random);
            changes.add(change);
            model = model.after(change);
          }
          engine.log().append(changes);
          if (random.nextBoolean()) {
            engine.log().force();
          }
        }
        readsAgree(engine.log(), model, random);
      }
    }
  }

  private static void readsAgree(LogStore log, Model model, Random random) {
    int last = model.entries().size();
    for (int i = 0; last > 0 && i < 20; i++) {
      int from = 1 + random.nextInt(last);
      int upTo = from + random.nextInt(last - from + 1);
      List<Entry> found = log.read(from, upTo, random.nextInt(5000));
      assertThat(found).isNotEmpty();
      assertThat(found).isEqualTo(model.entries().subList(from - 1, from - 1 + found.size()));
    }
  }

  @Test
  void entriesAreReadWhileOthersAreAppendedAndTruncated() throws InterruptedException {
    StorageOptions options = StorageOptions.DEFAULT.withSegmentBytes(64 << 10);
    try (FileStorageEngine engine = open(directory, options)) {
      LogStore log = engine.log();
      log.append(
          List.of(
              entries(
                  1,
                  LongStream.rangeClosed(1, 100)
                      .mapToObj(index -> entry(index, 1, 100))
                      .toArray(Entry[]::new))));
      List<Throwable> failures = new ArrayList<>();
      Thread reader = Thread.ofPlatform().start(() -> readUntilTheEnd(log, failures));

      long next = 101;
      while (next <= 20_000) {
        boolean goBack = next % 50 == 0;
        long start = goBack ? next - 20 : next;
        Entry[] again =
            LongStream.rangeClosed(start, next)
                .mapToObj(index -> entry(index, 1, 100))
                .toArray(Entry[]::new);
        log.append(
            List.of(new Persist(next, Optional.empty(), goBack ? start : 0, List.of(again))));
        next++;
      }
      reader.join();

      assertThat(failures).isEmpty();
    }
  }

  private static void readUntilTheEnd(LogStore log, List<Throwable> failures) {
    try {
      long last = 0;
      for (long from = 1; last < 19_900; from = Math.max(1, last - 40)) {
        List<Entry> found = log.read(from, from + 60, Long.MAX_VALUE);
        for (Entry entry : found) {
          assertThat(entry).isEqualTo(entry(entry.index(), 1, 100));
        }
        last = found.getLast().index();
      }
    } catch (Throwable e) {
      failures.add(e);
    }
  }

  @Test
  void entriesAreReadWhileOthersAreCompacted() throws InterruptedException {
    try (FileStorageEngine engine = open(directory, SMALL)) {
      LogStore log = engine.log();
      for (long index = 1; index <= 200; index++) {
        log.append(List.of(entries(index, entry(index, 1, 900))));
      }
      log.force();
      List<Throwable> failures = new ArrayList<>();
      Thread reader = Thread.ofPlatform().start(() -> readWhatIsLeft(log, failures));

      for (long upTo = 1; upTo <= 199; upTo++) {
        log.compact(new Position(upTo, 1));
      }
      reader.join();

      assertThat(failures).isEmpty();
      assertThat(log.read(200, 200, 1)).containsExactly(entry(200, 1, 900));
      assertThatThrownBy(() -> log.read(100, 100, 1))
          .isInstanceOf(StorageException.OutOfRange.class);
    }
  }

  private static void readWhatIsLeft(LogStore log, List<Throwable> failures) {
    for (int i = 0; i < 20_000 && failures.isEmpty(); i++) {
      long from = 1 + i * 7L % 200;
      try {
        assertThat(log.read(from, from, 1)).containsExactly(entry(from, 1, 900));
      } catch (StorageException.OutOfRange e) {
        // Compacted.
      } catch (Throwable e) {
        failures.add(e);
      }
    }
  }
}
