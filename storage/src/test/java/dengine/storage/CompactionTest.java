package dengine.storage;

import static dengine.storage.Changes.entries;
import static dengine.storage.Changes.entry;
import static dengine.storage.Changes.membership;
import static dengine.storage.Changes.vote;
import static dengine.storage.Workload.DIRECTORY;
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
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/// New beginnings and compaction, with a test for each rule about them that a log can break.
class CompactionTest {

  private final SimulatedDisk disk = new SimulatedDisk();
  private final FileStorageEngine engine = Changes.open(DIRECTORY, Workload.options(disk));
  private final LogStore log = engine.log();

  /// Three or four entries per file, terms as given by the tens of the index.
  private void write(int from, int to) {
    for (int index = from; index <= to; index++) {
      log.append(List.of(entries(index, entry(index, 1 + index / 10, 900))));
    }
    log.force();
  }

  private static Position at(int index) {
    return new Position(index, 1 + index / 10);
  }

  private static LogStore.Recovered foundOn(SimulatedDisk other) {
    try (FileStorageEngine found =
        FileStorageEngine.recover(DIRECTORY, Changes.OWNER, Workload.options(other))) {
      return found.log().recovered();
    }
  }

  private List<String> callsOf(Runnable act) {
    List<String> calls = new ArrayList<>();
    disk.inject((number, path) -> calls.add(path));
    act.run();
    disk.inject(SimulatedDisk.Faults.NONE);
    return calls;
  }

  @Test
  void wholeFilesThatNobodyNeedsAreDeleted() {
    write(1, 25);
    Snapshots.take(engine.snapshots(), at(15));
    int before = Damage.logs(disk).size();

    log.compact(at(15));

    assertThat(Damage.logs(disk)).hasSizeLessThan(before);
    RecoveredLog found = foundOn(disk.afterPowerCut(_ -> 0)).log();
    int base = (int) found.base().index();
    assertThat(base).isBetween(12, 15);
    assertThat(found.base()).isEqualTo(at(base));
    assertThat(found.runs()).containsExactly(new TermRun(base + 1, 2), new TermRun(20, 3));
    assertThat(found.lastIndex()).isEqualTo(25);
    assertThat(log.read(base + 1, 25, Long.MAX_VALUE)).hasSize(25 - base);
    assertThatThrownBy(() -> log.read(base, 25, 1))
        .isInstanceOf(StorageException.OutOfRange.class)
        .hasMessageContaining("not in the log " + (base + 1) + "..25");
  }

  @Test
  void theFileThatIsWrittenStaysWhateverIsCompacted() {
    write(1, 9);
    Snapshots.take(engine.snapshots(), at(9));

    log.compact(at(9));
    log.compact(new Position(1000, 9));

    assertThat(Damage.logs(disk)).hasSize(1);
    log.append(List.of(entries(10, entry(10, 2, 10))));
    log.force();
    LogStore.Recovered found = foundOn(disk.afterKill());
    assertThat(found.log().lastIndex()).isEqualTo(10);
    assertThat(found.log().base().index()).isLessThan(9);
  }

  @Test
  void compactingToWhereNoFileEndsChangesNothing() {
    write(1, 3);

    assertThat(callsOf(() -> log.compact(at(2)))).isEmpty();
    assertThat(foundOn(disk.afterKill()).log().base()).isEqualTo(Position.ORIGIN);
  }

  @Test
  void c5TheReleaseIsDurableBeforeTheFirstFileGoesAndTheOldestGoesFirst() {
    write(1, 13);
    Snapshots.take(engine.snapshots(), at(13));

    List<String> calls = callsOf(() -> log.compact(at(13)));

    String last = "" + Damage.logs(disk).getLast().getFileName();
    assertThat(calls)
        .containsExactly(
            "write " + last,
            "force " + last,
            "write " + last,
            "delete log-00000000000000000001.seg",
            "delete log-00000000000000000002.seg",
            "delete log-00000000000000000003.seg",
            "delete log-00000000000000000004.seg",
            "forceDirectory data");
  }

  @Test
  void c5ALogThatBeginsLaterThanItMayIsRefused() {
    write(1, 13);
    Snapshots.take(engine.snapshots(), at(13));
    List<Path> files = Damage.logs(disk);
    for (int lost = 1; lost < files.size(); lost++) {
      SimulatedDisk robbed = disk.afterKill();
      files.subList(0, lost).forEach(robbed::lose);

      assertThat(Damage.seenOn(robbed).isRefusedAt(files.get(lost - 1), 0)).isTrue();
    }
    log.compact(at(8));
    SimulatedDisk robbed = disk.afterKill();
    Path first = Damage.logs(disk).getFirst();
    robbed.lose(first);

    assertThat(Damage.seenOn(robbed).isRefusedAt(first, 0)).isTrue();
  }

  @Test
  void c5ALogWhoseBeginningNoSnapshotCoversIsRefused() {
    write(1, 13);
    Snapshots.take(engine.snapshots(), at(3));
    log.compact(at(13));

    assertThat(Damage.seenOn(disk.afterKill()).refusal().orElseThrow())
        .isInstanceOf(StorageException.Corrupt.class)
        .hasMessageContaining("no snapshot reaches that far");
  }

  @Test
  void c5ASnapshotThatTheLogDoesNotReachIsFoundBesideIt() {
    write(1, 3);
    Snapshots.take(engine.snapshots(), at(30));

    SimulatedDisk left = disk.afterPowerCut(_ -> 0);

    assertThat(foundOn(left).log().lastIndex()).isEqualTo(3);
    assertThat(Changes.open(DIRECTORY, Workload.options(left)).snapshots().latest())
        .hasValueSatisfying(it -> assertThat(it.point()).isEqualTo(Snapshots.point(at(30))));
  }

  @Test
  void filesThatCameBackAfterAPowerCutDoNotCountAndGo() {
    write(1, 21);
    Snapshots.take(engine.snapshots(), at(21));
    SimulatedDisk before = disk.afterKill();
    log.compact(at(21));
    int base = (int) foundOn(disk.afterKill()).log().base().index();
    for (Path file : Damage.logs(before)) {
      SimulatedDisk left = disk.afterKill();
      if (left.files().contains(file)) {
        continue;
      }
      left.put(file, before.content(file));

      assertThat(foundOn(left).log().base().index()).isEqualTo(base);
      assertThat(left.files()).doesNotContain(file);
    }
  }

  /// From the start of the second file the log cannot be followed: what is truncated in the third
  /// was there before the second began.
  @Test
  void aFileIsNoBeginningWhenALaterTruncationReachesBeyondIt() {
    write(1, 6);
    log.append(List.of(new Persist(7, Optional.empty(), 2, List.of(entry(2, 3, 900)))));
    for (int index = 3; index <= 12; index++) {
      log.append(List.of(entries(index, entry(index, 3, 900))));
    }
    log.force();
    Snapshots.take(engine.snapshots(), new Position(12, 3));

    log.compact(new Position(3, 3));
    assertThat(Damage.logs(disk).getFirst()).isEqualTo(Path.of("data", SegmentFiles.name(1)));

    log.compact(new Position(12, 3));
    LogStore.Recovered found = foundOn(disk.afterKill());
    assertThat(found.log().base().index()).isGreaterThan(3);
    assertThat(found.log().runs()).extracting(TermRun::term).containsExactly(3L);
  }

  @Test
  void c1ANewBeginningDropsTheWholeLogOrNothing() {
    write(1, 6);
    Model before = Damage.seenOn(disk.afterKill()).found().orElseThrow();
    Position position = new Position(4, 7);
    Snapshots.take(engine.snapshots(), position);
    Persist reset =
        new Persist(
            7,
            Optional.of(new HardState(7, 2)),
            0,
            List.of(entry(5, 7, 10)),
            Optional.of(Snapshots.point(position)));

    log.append(List.of(reset));

    assertThat(log.read(5, 6, 1000)).containsExactly(entry(5, 7, 10));
    assertThatThrownBy(() -> log.read(4, 4, 1)).isInstanceOf(StorageException.OutOfRange.class);
    assertThat(Damage.seenOn(disk.afterPowerCut(_ -> 0)).serves(before)).isTrue();
    Model after = before.after(reset);
    assertThat(after.entries()).containsExactly(entry(5, 7, 10));
    assertThat(Damage.seenOn(disk.afterKill()).serves(after)).isTrue();
  }

  @Test
  void aLogThatBeginsAnewHasItsPositionTermAndTimeAlsoWithoutEntries() {
    write(1, 2);
    Position position = new Position(50, 9);
    Snapshots.take(engine.snapshots(), position);
    log.append(List.of(Changes.reset(3, Snapshots.point(position))));
    log.force();

    LogStore.Recovered found = foundOn(disk.afterKill());

    assertThat(found.log()).isEqualTo(new RecoveredLog(position, List.of(), 50, 1050));
    assertThat(found.hardState()).isEqualTo(new HardState(9, 0));
    log.compact(position);
    for (int index = 51; index <= 60; index++) {
      log.append(List.of(entries(index, entry(index, 9, 900))));
    }
    log.append(List.of(new Persist(60, Optional.empty(), 51, List.of())));
    log.force();
    assertThat(foundOn(disk.afterKill()).log())
        .isEqualTo(new RecoveredLog(position, List.of(), 50, 1050));
  }

  @Test
  void truncatingOrAppendingBeyondANewBeginningIsRefused() {
    Snapshots.take(engine.snapshots(), new Position(50, 9));
    log.append(List.of(Changes.reset(1, Snapshots.point(new Position(50, 9)))));

    assertThatThrownBy(() -> log.append(List.of(new Persist(2, Optional.empty(), 50, List.of()))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("truncation from 50 of 51..50");
  }

  @Test
  void configurationsThatAreLiveAreFound() {
    Entry second = membership(2, 1, 40);
    Entry fourth = membership(4, 1, 50);
    Entry other = membership(4, 2, 60);
    log.append(List.of(entries(1, entry(1, 1, 10), second, entry(3, 1, 10), fourth)));
    log.force();
    assertThat(foundOn(disk.afterKill()).memberships()).containsExactly(second, fourth);

    log.append(List.of(new Persist(2, Optional.empty(), 4, List.of(other))));
    log.force();
    assertThat(foundOn(disk.afterKill()).memberships()).containsExactly(second, other);

    Snapshots.take(engine.snapshots(), new Position(9, 2));
    log.append(List.of(Changes.reset(3, Snapshots.point(new Position(9, 2)))));
    log.force();
    assertThat(foundOn(disk.afterKill()).memberships()).isEmpty();
  }

  @Test
  void termAndVoteSurviveTheFilesTheyWereWrittenIn() {
    log.append(List.of(vote(1, 6, 2)));
    write(1, 13);
    Snapshots.take(engine.snapshots(), at(13));
    log.compact(at(13));

    assertThat(foundOn(disk.afterPowerCut(_ -> 0)).hardState()).isEqualTo(new HardState(6, 2));
  }

  @Test
  void s1AFailureToDeleteIsFinal() {
    write(1, 13);
    disk.inject(
        (number, path) -> {
          if (path.startsWith("delete")) {
            throw new IOException("Input/output error");
          }
        });

    assertThatThrownBy(() -> log.compact(at(13)))
        .isInstanceOf(StorageException.IoFailure.class)
        .hasMessageContaining("delete failed at");
    assertThatThrownBy(() -> log.append(List.of(vote(2, 9, 1))))
        .isInstanceOf(StorageException.IoFailure.class);
  }
}
