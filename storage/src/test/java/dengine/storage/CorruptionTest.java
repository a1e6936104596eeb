package dengine.storage;

import static dengine.storage.Changes.entries;
import static dengine.storage.Changes.entry;
import static dengine.storage.Changes.vote;
import static dengine.storage.Workload.DIRECTORY;
import static org.assertj.core.api.Assertions.assertThat;

import dengine.engine.spi.StorageException;
import dengine.raft.Effect.Persist;
import dengine.raft.Membership;
import dengine.storage.Changes.Model;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/// Rot is refused with file and offset; only what was never known to be durable is cut. Never
/// silence, never wrong data.
class CorruptionTest {

  private static final int SECTOR = SimulatedDisk.SECTOR;

  private static final int DISTANT_MARK = Segment.distantMark(4096);

  private static final List<Persist> FIRST =
      List.of(vote(1, 1, 2), entries(2, entry(1, 1, 60), entry(2, 1, 0)));
  private static final List<Persist> SECOND =
      List.of(
          new Persist(3, Optional.empty(), 2, List.of(entry(2, 2, 90))),
          entries(4, entry(3, 2, 300)));

  private final List<String> surprises = new ArrayList<>();

  /// A log of three files that was closed.
  private static SimulatedDisk threeFiles() {
    SimulatedDisk disk = new SimulatedDisk();
    try (FileStorageEngine engine = Changes.open(DIRECTORY, Workload.options(disk))) {
      for (long index = 1; index <= 9; index++) {
        engine.log().append(List.of(entries(index, entry(index, 1, 900))));
        engine.log().force();
      }
    }
    assertThat(Damage.logs(disk)).hasSize(3);
    return disk;
  }

  /// A log of one file: two batches, each synced.
  ///
  /// @param closed whether it was closed; otherwise the power went right after the last sync
  private static SimulatedDisk twoBatches(boolean closed) {
    SimulatedDisk disk = new SimulatedDisk();
    FileStorageEngine engine = Changes.open(DIRECTORY, Workload.options(disk));
    engine.log().append(FIRST);
    engine.log().force();
    engine.log().append(SECOND);
    engine.log().force();
    if (closed) {
      engine.close();
    }
    return disk.afterPowerCut(choice -> 0);
  }

  private static Model after(List<Persist> changes) {
    Model model = Model.EMPTY;
    for (Persist change : changes) {
      model = model.after(change);
    }
    return model.repaired();
  }

  private static Model afterBoth() {
    List<Persist> all = new ArrayList<>(FIRST);
    all.addAll(SECOND);
    return after(all);
  }

  @Test
  void everyBitOfAClosedLogIsGuarded() {
    SimulatedDisk disk = twoBatches(true);
    Path file = Damage.logs(disk).getFirst();
    int end = Damage.endOf(disk);
    for (int bit = 0; bit < 4096 * 8; bit++) {
      SimulatedDisk damaged = disk.copy();
      damaged.bytes(file)[bit / 8] ^= (byte) (1 << bit % 8);

      Damage seen = Damage.seenOn(damaged);

      boolean expected =
          bit / 8 < end
              ? seen.isRefusedAt(file, bit / 8)
              : seen.serves(afterBoth()) && seen.cut().isPresent() == (bit / 8 < DISTANT_MARK);
      note(expected, "bit " + bit, seen);
    }
    assertThat(surprises).isEmpty();
  }

  @Test
  void afterAPowerCutOnlyTheLastBatchMayBeTakenForIncomplete() {
    SimulatedDisk disk = twoBatches(false);
    Path file = Damage.logs(disk).getFirst();
    int end = Damage.endOf(disk);
    int firstEnd = endOfFirstBatch();
    for (int bit = 0; bit < 4096 * 8; bit++) {
      SimulatedDisk damaged = disk.copy();
      damaged.bytes(file)[bit / 8] ^= (byte) (1 << bit % 8);

      Damage seen = Damage.seenOn(damaged);

      boolean expected;
      if (bit / 8 < firstEnd) {
        expected = seen.isRefusedAt(file, bit / 8);
      } else if (bit / 8 < end) {
        expected =
            seen.cut().isPresent()
                && seen.cut().get().offset() <= bit / 8
                && seen.cut().get().offset() >= firstEnd
                && (seen.serves(after(FIRST)) || seen.serves(afterThree()));
      } else {
        expected = seen.serves(afterBoth()) && seen.cut().isPresent() == (bit / 8 < DISTANT_MARK);
      }
      note(expected, "bit " + bit, seen);
    }
    assertThat(surprises).isEmpty();
  }

  private static int endOfFirstBatch() {
    SimulatedDisk disk = new SimulatedDisk();
    FileStorageEngine engine = Changes.open(DIRECTORY, Workload.options(disk));
    engine.log().append(FIRST);
    engine.log().force();
    return Damage.endOf(disk.afterPowerCut(choice -> 0));
  }

  private static Model afterThree() {
    return after(List.of(FIRST.get(0), FIRST.get(1), SECOND.get(0)));
  }

  @Test
  void afterAKillDamageToTheLastSyncedBatchIsNoticedToo() {
    SimulatedDisk disk = new SimulatedDisk();
    FileStorageEngine engine = Changes.open(DIRECTORY, Workload.options(disk));
    engine.log().append(FIRST);
    engine.log().append(SECOND);
    engine.log().force();
    Path file = Damage.logs(disk).getFirst();
    int end = Damage.endOf(disk.afterKill());
    for (int at = 0; at < end; at++) {
      SimulatedDisk damaged = disk.afterKill();
      damaged.bytes(file)[at] ^= 4;

      Damage seen = Damage.seenOn(damaged);

      note(seen.isRefusedAt(file, at), "byte " + at, seen);
    }
    assertThat(surprises).isEmpty();
  }

  @Test
  void aLastBatchThatIsCutOffAtAnyByteIsCut() {
    SimulatedDisk disk = twoBatches(false);
    Path file = Damage.logs(disk).getFirst();
    int end = Damage.endOf(disk);
    for (int length = endOfFirstBatch(); length <= end; length++) {
      SimulatedDisk torn = disk.copy();
      Arrays.fill(torn.bytes(file), length, 4096, (byte) 0);

      Damage seen = Damage.seenOn(torn);

      boolean whole = seen.serves(afterBoth()) && length == end;
      boolean third = seen.serves(afterThree());
      note(whole || third || seen.serves(after(FIRST)), "cut at " + length, seen);
      // And what is left is a log like any other.
      note(Damage.seenOn(torn.copy()).cut().isEmpty(), "again " + length, seen);
    }
    assertThat(surprises).isEmpty();
  }

  @Test
  void everyByteOfALogOfSeveralFilesIsGuarded() {
    SimulatedDisk disk = threeFiles();
    int end = Damage.endOf(disk);
    Model whole = Damage.seenOn(disk.copy()).found().orElseThrow();
    List<Path> files = Damage.logs(disk);
    for (Path file : files) {
      for (int at = 0; at < 4096; at++) {
        SimulatedDisk damaged = disk.copy();
        byte[] bytes = damaged.bytes(file);
        boolean free = file.equals(files.getLast()) ? at >= end : isFree(disk, file, at);
        bytes[at] ^= (byte) (1 << at % 8);

        Damage seen = Damage.seenOn(damaged);

        note(free ? seen.serves(whole) : seen.isRefusedAt(file, at), file + " byte " + at, seen);
      }
    }
    assertThat(surprises).isEmpty();
  }

  /// Whether a byte of a file that is not the last one lies behind its frames.
  private static boolean isFree(SimulatedDisk disk, Path file, int at) {
    Path next = Damage.logs(disk).get(Damage.logs(disk).indexOf(file) + 1);
    SegmentHeader header = SegmentHeader.decode(next, ByteBuffer.wrap(disk.bytes(next).clone()));
    return at >= header.previousEnd();
  }

  @Test
  void sectorsThatWereLostMixedUpOrRevertedAreNoticed() {
    SimulatedDisk disk = threeFiles();
    Model whole = Damage.seenOn(disk.copy()).found().orElseThrow();
    List<Path> files = Damage.logs(disk);
    int end = Damage.endOf(disk);
    for (Path to : files) {
      for (int target = 0; target < 4096; target += SECTOR) {
        for (Path from : files) {
          for (int source = 0; source <= 4096; source += SECTOR) {
            SimulatedDisk damaged = disk.copy();
            byte[] bytes = damaged.bytes(to);
            byte[] before = bytes.clone();
            byte[] sector =
                source == 4096
                    ? new byte[SECTOR]
                    : Arrays.copyOfRange(disk.bytes(from), source, source + SECTOR);
            System.arraycopy(sector, 0, bytes, target, SECTOR);
            int changed = Arrays.mismatch(before, bytes);
            boolean free =
                changed < 0
                    || (to.equals(files.getLast()) ? changed >= end : isFree(disk, to, changed));

            Damage seen = Damage.seenOn(damaged);

            note(
                free ? seen.serves(whole) : seen.isRefusedAt(to, changed),
                "%s %d from %s %d".formatted(to, target, from, source),
                seen);
          }
        }
      }
    }
    assertThat(surprises).isEmpty();
  }

  @Test
  void aFileThatGotShorterIsRefused() {
    SimulatedDisk disk = threeFiles();
    for (Path file : Damage.logs(disk)) {
      for (int length = 0; length < 4096; length++) {
        SimulatedDisk damaged = disk.copy();
        damaged.put(file, Arrays.copyOf(disk.bytes(file), length));

        Damage seen = Damage.seenOn(damaged);

        note(seen.isRefusedAt(file, length), file + " of " + length, seen);
      }
    }
    assertThat(surprises).isEmpty();
  }

  @Test
  void aMissingFileIsNamedWhicheverItIs() {
    SimulatedDisk disk = threeFiles();
    for (Path file : Damage.logs(disk)) {
      SimulatedDisk damaged = disk.copy();
      damaged.lose(file);

      Damage seen = Damage.seenOn(damaged);

      note(seen.isRefusedAt(file, 0), "without " + file, seen);
    }
    SimulatedDisk empty = disk.copy();
    Damage.logs(disk).forEach(empty::lose);
    note(
        Damage.seenOn(empty).isRefusedAt(Damage.logs(disk).getFirst(), 0),
        "without all",
        Damage.seenOn(empty));
    assertThat(surprises).isEmpty();
  }

  @Test
  void aFileUnderAnotherFilesNameIsRefused() {
    SimulatedDisk disk = threeFiles();
    List<Path> files = Damage.logs(disk);
    for (Path file : files) {
      for (Path other : files) {
        if (!file.equals(other)) {
          SimulatedDisk damaged = disk.copy();
          damaged.put(file, disk.bytes(other).clone());

          Damage seen = Damage.seenOn(damaged);

          note(seen.isRefusedAt(file, 0), other + " as " + file, seen);
        }
      }
    }
    assertThat(surprises).isEmpty();
  }

  @Test
  void everyBitAndEveryLengthOfTheIdentityIsGuarded() {
    SimulatedDisk disk = twoBatches(true);
    try (FileStorageEngine engine = Changes.open(DIRECTORY, Workload.options(disk))) {
      engine.meta().found(Membership.of(1, 2, 3));
    }
    Path file = DIRECTORY.resolve(IdentityFile.NAME);
    byte[] whole = disk.bytes(file).clone();
    for (int bit = 0; bit < whole.length * 8; bit++) {
      SimulatedDisk damaged = disk.copy();
      damaged.bytes(file)[bit / 8] ^= (byte) (1 << bit % 8);
      Damage seen = Damage.seenOn(damaged);
      note(seen.isRefusedAt(file, bit / 8), "bit " + bit, seen);
    }
    for (int length = 0; length < whole.length; length++) {
      SimulatedDisk damaged = disk.copy();
      damaged.put(file, Arrays.copyOf(whole, length));
      Damage seen = Damage.seenOn(damaged);
      note(seen.isRefusedAt(file, length), "length " + length, seen);
    }
    assertThat(surprises).isEmpty();
  }

  @Test
  void damageBetweenOpeningAndReadingIsNoticedByTheReader() {
    SimulatedDisk disk = twoBatches(true);
    Path file = Damage.logs(disk).getFirst();
    try (FileStorageEngine engine =
        FileStorageEngine.open(DIRECTORY, Changes.OWNER, Workload.options(disk))) {
      disk.bytes(file)[Damage.endOf(disk) - 10] ^= 1;

      assertThat(engine.log().read(1, 2, 10_000)).hasSize(2);
      try {
        engine.log().read(1, 3, 10_000);
        surprises.add("served a damaged entry");
      } catch (StorageException.Corrupt e) {
        assertThat(e.file()).isEqualTo(file);
        assertThat(e).hasMessageContaining("entry 3");
      }
    }
    assertThat(surprises).isEmpty();
  }

  private void note(boolean expected, String what, Damage seen) {
    if (!expected && surprises.size() < 10) {
      surprises.add(what + ": " + seen);
    }
  }
}
