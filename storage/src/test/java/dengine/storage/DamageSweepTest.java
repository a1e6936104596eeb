package dengine.storage;

import static dengine.storage.Changes.entries;
import static dengine.storage.Changes.entry;
import static dengine.storage.Changes.vote;
import static dengine.storage.Workload.DIRECTORY;
import static org.assertj.core.api.Assertions.assertThat;

import dengine.raft.Effect.Persist;
import dengine.raft.Membership;
import dengine.raft.Position;
import dengine.storage.Changes.Model;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Every damage of a kind, in every file, identity and snapshot included: each bit flipped, each
/// length, each sector zeroed, duplicated over each other one, or exchanged with it. Whatever it
/// is, the log is refused, naming a file that was damaged and an offset no later than the damage;
/// or served whole; or, after a crash, served without its unsynced end, and that is said. Where the
/// damage takes all headers and marks that tell of the last sync, that end may reach back to the
/// sync before.
class DamageSweepTest {

  private static final int SECTOR = SimulatedDisk.SECTOR;
  private static final byte[] ZEROS = new byte[SECTOR];

  /// How the log came to its end.
  enum End {
    /// A clean close: all of it is known to be durable.
    CLOSED,
    /// A kill right behind the last sync: the mark that followed it is there.
    KILLED,
    /// A kill with a batch behind that, written and never synced.
    KILLED_WHILE_WRITING,
    /// A clean close of a log that a snapshot covers in part, and whose first file is gone.
    COMPACTED
  }

  private enum Outcome {
    REFUSED,
    WHOLE,
    CUT
  }

  private final Map<Outcome, Integer> outcomes = new EnumMap<>(Outcome.class);
  private final List<String> surprises = new ArrayList<>();
  private SimulatedDisk disk = new SimulatedDisk();

  /// The log after each change of the last batch that was synced, and of those behind it.
  private List<Model> written = List.of();

  /// Which of these is known to be durable.
  private int durable;

  private List<Integer> evidence = List.of();

  @BeforeEach
  void nothingSeen() {
    outcomes.clear();
  }

  /// Three files: votes, entries and a truncation in each.
  private void write(End end) {
    disk = new SimulatedDisk();
    FileStorageEngine engine = Changes.open(DIRECTORY, Workload.options(disk));
    Model model = Model.EMPTY;
    long sequence = 0;
    int files = end == End.COMPACTED ? 4 : 3;
    for (int file = 0; file < files; file++) {
      int from = model.entries().size() + 1;
      int term = file + 1;
      Persist truncation =
          new Persist(++sequence, Optional.empty(), from + 2, List.of(entry(from + 2, term, 900)));
      List<Persist> changes =
          List.of(
              vote(++sequence, term, file),
              entries(++sequence, entry(from, term, 700), entry(from + 1, term, 0)),
              entries(++sequence, entry(from + 2, term, 800), entry(from + 3, term, 100)),
              truncation);
      engine.log().append(changes);
      engine.log().force();
      written = new ArrayList<>(List.of(model));
      for (Persist change : changes) {
        model = model.after(change);
        written.add(model);
      }
    }
    durable = written.size() - 1;
    if (end == End.KILLED_WHILE_WRITING) {
      int next = model.entries().size() + 1;
      List<Persist> batch =
          List.of(entries(++sequence, entry(next, 3, 300)), vote(++sequence, 4, 1));
      engine.log().append(batch);
      for (Persist change : batch) {
        written.add(written.getLast().after(change));
      }
    }
    if (end == End.COMPACTED) {
      compact(engine, model);
    }
    if (end == End.CLOSED || end == End.COMPACTED) {
      engine.close();
    }
    disk = disk.afterKill();
    evidence = evidence();
    assertThat(Damage.logs(disk)).hasSize(end == End.COMPACTED ? 2 : 3);
    assertThat(Damage.seenOn(disk.copy()).serves(written.getLast())).isTrue();
  }

  private void compact(FileStorageEngine engine, Model model) {
    Position covered = model.entry(7).position();
    Snapshots.take(engine.snapshots(), covered);
    engine.meta().found(Membership.of(1, 2, 3));
    engine.log().compact(covered);
    Position base = Damage.seenOn(disk.afterKill()).found().orElseThrow().base();
    written = List.of(model.compactedTo(base.index()));
    durable = 0;
  }

  @ParameterizedTest
  @EnumSource
  void everyBit(End end) {
    write(end);
    for (Path file : disk.files()) {
      for (int bit = 0; bit < disk.bytes(file).length * 8; bit++) {
        SimulatedDisk damaged = disk.copy();
        damaged.bytes(file)[bit / 8] ^= (byte) (1 << bit % 8);
        judge(damaged, file + " bit " + bit, file);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void everyLength(End end) {
    write(end);
    for (Path file : disk.files()) {
      byte[] whole = disk.bytes(file);
      for (int length = 0; length <= whole.length + SECTOR; length++) {
        if (length != whole.length) {
          SimulatedDisk damaged = disk.copy();
          damaged.put(file, Arrays.copyOf(whole, length));
          Damage seen = judge(damaged, file + " of " + length + " bytes", file);
          // No crash shortens or lengthens a file that has its name: never taken for one.
          note(seen.refusal().isPresent(), file + " of " + length + " bytes", seen);
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void everySectorZeroedOrReplacedByEachOther(End end) {
    write(end);
    for (Path to : disk.files()) {
      for (int target = 0; target < disk.bytes(to).length; target += SECTOR) {
        judge(with(to, target, ZEROS), to + " " + target + " zeroed", to);
        for (Path from : disk.files()) {
          for (int source = 0; source < disk.bytes(from).length; source += SECTOR) {
            judge(
                with(to, target, sector(from, source)),
                "%s %d from %s %d".formatted(to, target, from, source),
                to);
          }
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void everyTwoSectorsExchanged(End end) {
    write(end);
    for (Path one : disk.files()) {
      for (int first = 0; first < disk.bytes(one).length; first += SECTOR) {
        for (Path other : disk.files()) {
          for (int second = 0; second < disk.bytes(other).length; second += SECTOR) {
            SimulatedDisk damaged = with(one, first, sector(other, second));
            overwrite(damaged, other, second, sector(one, first));
            judge(damaged, "%s %d and %s %d".formatted(one, first, other, second), one, other);
          }
        }
      }
    }
  }

  @AfterEach
  void nothingWasServedThatIsWrong(TestInfo test) {
    System.out.printf(
        "damage: %s %s: %s%n",
        test.getTestMethod().orElseThrow().getName(), test.getDisplayName(), outcomes);
    assertThat(surprises).isEmpty();
    assertThat(outcomes).containsKey(Outcome.REFUSED);
  }

  private byte[] sector(Path file, int at) {
    return Arrays.copyOfRange(disk.bytes(file), at, at + SECTOR);
  }

  private SimulatedDisk with(Path file, int at, byte[] sector) {
    SimulatedDisk damaged = disk.copy();
    overwrite(damaged, file, at, sector);
    return damaged;
  }

  private static void overwrite(SimulatedDisk damaged, Path file, int at, byte[] sector) {
    byte[] bytes = damaged.bytes(file);
    System.arraycopy(sector, 0, bytes, at, Math.min(SECTOR, bytes.length - at));
  }

  private Damage judge(SimulatedDisk damaged, String what, Path... files) {
    Map<Path, Integer> changed = new HashMap<>();
    for (Path file : files) {
      changed.put(file, Arrays.mismatch(disk.bytes(file), damaged.bytes(file)));
    }
    // The one thing that recovery cannot know: the last sync, where all that tells of it is gone.
    boolean lost = lostEvidence(damaged);
    int first = lost ? 0 : durable;
    Damage seen = Damage.seenOn(damaged);
    Outcome outcome;
    boolean right;
    if (seen.refusal().isPresent()) {
      outcome = Outcome.REFUSED;
      // Without what tells of the last sync, that a file was released can be lost as well.
      right =
          changed.entrySet().stream().anyMatch(it -> names(seen, it.getKey(), it.getValue()))
              || (lost && seen.isRefusedAt(DIRECTORY.resolve(SegmentFiles.name(1)), 0));
    } else if (seen.serves(written.getLast().repaired())) {
      outcome = Outcome.WHOLE;
      right = true;
    } else {
      outcome = Outcome.CUT;
      right =
          changed.containsKey(seen.cut().map(CutTail::file).orElse(DIRECTORY))
              && written.stream().skip(first).anyMatch(model -> seen.serves(model.repaired()));
    }
    outcomes.merge(outcome, 1, Integer::sum);
    note(right, what, seen);
    return seen;
  }

  private static boolean names(Damage seen, Path file, int changed) {
    return changed >= 0 && seen.isRefusedAt(file, changed);
  }

  /// Where headers and marks are that tell of the last sync.
  private List<Integer> evidence() {
    Path last = Damage.logs(disk).getLast();
    ByteBuffer bytes = ByteBuffer.wrap(disk.bytes(last).clone());
    long fileSeed = SegmentHeader.decode(last, bytes).seed();
    Checksum checksum = new Checksum();
    Map<Integer, List<Integer>> found = new TreeMap<>();
    for (int at = SegmentHeader.BYTES; at + FrameHeader.BYTES <= bytes.limit(); at++) {
      int offset = at;
      FrameHeader.decode(bytes, at, at, fileSeed, checksum)
          .ifPresent(
              header -> found.computeIfAbsent(header.synced(), _ -> new ArrayList<>()).add(offset));
    }
    return found.values().stream().reduce((_, latest) -> latest).orElseThrow();
  }

  private boolean lostEvidence(SimulatedDisk damaged) {
    Path last = Damage.logs(disk).getLast();
    byte[] before = disk.bytes(last);
    byte[] after = damaged.bytes(last);
    return evidence.stream()
        .allMatch(
            at ->
                at + FrameHeader.BYTES > after.length
                    || !Arrays.equals(
                        before, at, at + FrameHeader.BYTES, after, at, at + FrameHeader.BYTES));
  }

  private void note(boolean expected, String what, Damage seen) {
    if (!expected && surprises.size() < 10) {
      surprises.add(what + ": " + seen);
    }
  }
}
