package dengine.storage;

import static dengine.storage.Changes.OWNER;
import static dengine.storage.Changes.entries;
import static dengine.storage.Changes.entry;
import static dengine.storage.Changes.membership;
import static dengine.storage.Changes.vote;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dengine.engine.spi.LogStore;
import dengine.engine.spi.MetaStore.Identity;
import dengine.engine.spi.StorageException;
import dengine.raft.Entry;
import dengine.raft.HardState;
import dengine.raft.Membership;
import dengine.raft.Position;
import dengine.raft.RecoveredLog;
import dengine.raft.RecoveredLog.TermRun;
import dengine.storage.NewDirectory.Founding;
import dengine.storage.OfflineDirectory.Inspection;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OfflineTest {

  private static final StorageOptions OPTIONS = Changes.SMALL;
  private static final Position COVERED = new Position(6, 2);
  private static final Identity NEW_OWNER = new Identity(0x1234, 3);
  private static final Founding FOUNDING =
      new Founding(
          NEW_OWNER,
          99,
          Membership.of(3)
              .withDetails(Map.of(3, new Membership.Member("localhost:1", 99, false, 0))));

  @TempDir Path parent;

  private Path old;
  private Path made;

  /// A directory with a snapshot in the middle of its log, a compacted beginning, and
  /// configurations before and after.
  @BeforeEach
  void aDirectory() {
    old = parent.resolve("old");
    made = parent.resolve("made");
    try (FileStorageEngine engine = Changes.open(old, OPTIONS)) {
      LogStore log = engine.log();
      engine.meta().found(Membership.of(1, 2, 3));
      log.append(List.of(vote(1, 2, 1)));
      for (int index = 1; index <= 12; index++) {
        Entry entry = index % 5 == 0 ? membership(index, 2, 30) : entry(index, 2, 1500);
        log.append(List.of(entries(index, entry)));
      }
      log.append(List.of(vote(13, 5, 1)));
      log.force();
      Snapshots.take(engine.snapshots(), COVERED);
      log.compact(new Position(4, 2));
    }
  }

  private Path snapshotFile() {
    return old.resolve(SnapshotNames.finished(COVERED));
  }

  @Test
  void inspectingTellsEverythingAndChangesNothing() throws IOException {
    Map<Path, byte[]> before = FenceTest.contents(old);

    Inspection found;
    try (OfflineDirectory directory = OfflineDirectory.open(Disk.system(), old)) {
      found = directory.inspect();
      directory.verify();
      assertThat(directory.read(12, 12, 1)).containsExactly(entry(12, 2, 1500));
    }

    assertThat(found.owner()).isEqualTo(OWNER);
    assertThat(found.incarnation()).isEqualTo(Changes.INCARNATION);
    assertThat(found.founders()).contains(Membership.of(1, 2, 3));
    assertThat(found.recovered().hardState()).isEqualTo(new HardState(5, 1));
    assertThat(found.recovered().log())
        .isEqualTo(new RecoveredLog(new Position(2, 2), List.of(new TermRun(3, 2)), 12, 1012));
    assertThat(found.recovered().memberships()).extracting(Entry::index).containsExactly(5L, 10L);
    assertThat(found.files().getFirst().after()).isEqualTo(new Position(2, 2));
    assertThat(found.files())
        .hasSizeGreaterThan(2)
        .allSatisfy(file -> assertThat(file.bytes()).isEqualTo(4096));
    assertThat(found.cut()).isEmpty();
    assertThat(found.snapshots()).hasSize(1);
    FenceTest.assertSame(FenceTest.contents(old), before);
  }

  @Test
  void aTornEndIsToldAndNotCut() {
    SimulatedDisk disk = new SimulatedDisk();
    LogStore log = Changes.open(Workload.DIRECTORY, Workload.options(disk)).log();
    log.append(List.of(entries(1, entry(1, 1, 600))));
    log.append(List.of(entries(2, entry(2, 1, 600))));
    SimulatedDisk torn = disk.afterKill();
    Path file = Damage.logs(disk).getFirst();
    Arrays.fill(torn.bytes(file), 1024, 1300, (byte) 0);
    byte[] before = torn.content(file);
    List<String> calls = new ArrayList<>();
    torn.inject((number, call) -> calls.add(call));

    try (OfflineDirectory directory = OfflineDirectory.open(torn, Workload.DIRECTORY)) {
      assertThat(directory.inspect().cut().orElseThrow().offset()).isEqualTo(801);
      assertThat(directory.inspect().recovered().log().lastIndex()).isEqualTo(1);
    }

    assertThat(calls).isEmpty();
    assertThat(torn.content(file)).isEqualTo(before);
  }

  @Test
  void aDirectoryInUseIsNotLookedAtAndOneThatIsLookedAtIsNotUsed() {
    try (FileStorageEngine engine = Changes.open(old, OPTIONS)) {
      assertThat(engine.log().recovered().log().lastIndex()).isEqualTo(12);
      assertThatThrownBy(() -> OfflineDirectory.open(Disk.system(), old))
          .isInstanceOf(StorageException.Locked.class);
    }
    try (OfflineDirectory directory = OfflineDirectory.open(Disk.system(), old)) {
      assertThat(directory.inspect().owner()).isEqualTo(OWNER);
      assertThatThrownBy(() -> Changes.open(old, OPTIONS))
          .isInstanceOf(StorageException.Locked.class);
    }
    Changes.open(old, OPTIONS).close();
  }

  @Test
  void verifyingReadsSnapshotsAsAWhole() throws IOException {
    byte[] intact = Files.readAllBytes(snapshotFile());
    byte[] bytes = intact.clone();
    bytes[bytes.length / 2] ^= 1;
    Files.write(snapshotFile(), bytes);
    try (OfflineDirectory directory = OfflineDirectory.open(Disk.system(), old)) {
      assertThatThrownBy(directory::verify)
          .isInstanceOf(StorageException.Corrupt.class)
          .hasMessageContaining(snapshotFile().toString());
    }
    assertThatThrownBy(() -> NewDirectory.restore(OPTIONS, snapshotFile(), made, FOUNDING))
        .isInstanceOf(StorageException.Corrupt.class);
    Files.write(snapshotFile(), intact);
    NewDirectory.restore(OPTIONS, snapshotFile(), made, FOUNDING);
  }

  @Test
  void aSnapshotBecomesTheDirectoryOfANewCluster() {
    NewDirectory.restore(OPTIONS, snapshotFile(), made, FOUNDING);

    try (FileStorageEngine engine = FileStorageEngine.open(made, NEW_OWNER, OPTIONS)) {
      assertThat(engine.meta().incarnation()).isEqualTo(99);
      assertThat(engine.meta().founders()).as("they have yet to agree on their disks").isEmpty();
      assertThat(engine.meta().restored()).contains(FOUNDING.members().withoutDisks());
      assertThat(engine.log().recovered())
          .isEqualTo(
              new LogStore.Recovered(
                  new HardState(2, 0), new RecoveredLog(COVERED, List.of(), 6, 1006), List.of()));
      var point = engine.snapshots().latest().orElseThrow().point();
      assertThat(point.position()).isEqualTo(COVERED);
      assertThat(point.membership()).isEqualTo(FOUNDING.members().withoutDisks());
      assertThat(point.membershipIndex()).isZero();
      assertThat(Snapshots.read(engine.snapshots(), COVERED)).isEqualTo(Snapshots.content(COVERED));
      engine.log().append(List.of(entries(1, entry(7, 3, 10))));
    }
    assertThatThrownBy(() -> FileStorageEngine.open(made, OWNER, OPTIONS))
        .isInstanceOf(StorageException.ForeignIdentity.class);
    Changes.open(old, OPTIONS).close();
  }

  @Test
  void allMembersRestoreTheSameSnapshot() {
    Membership members = Membership.of(3, 4);
    NewDirectory.restore(OPTIONS, snapshotFile(), made, new Founding(NEW_OWNER, 1, members));
    Identity other = new Identity(NEW_OWNER.clusterId(), 4);
    Path second = parent.resolve("second");
    NewDirectory.restore(OPTIONS, snapshotFile(), second, new Founding(other, 2, members));

    String name = SnapshotNames.finished(COVERED);
    assertThat(second.resolve(name)).hasSameBinaryContentAs(made.resolve(name));
  }

  @Test
  void aRestoredDirectoryIsAnotherDiskAtEachStartUntilItHasFounded() {
    NewDirectory.restore(OPTIONS, snapshotFile(), made, FOUNDING);
    Membership founders = FOUNDING.members();

    try (FileStorageEngine engine = FileStorageEngine.open(made, NEW_OWNER, OPTIONS)) {
      engine.meta().reincarnate(100);
      assertThat(engine.meta().incarnation()).isEqualTo(100);
    }
    try (FileStorageEngine engine = FileStorageEngine.open(made, NEW_OWNER, OPTIONS)) {
      assertThat(engine.meta().incarnation()).isEqualTo(100);
      engine.meta().found(founders);
      assertThatThrownBy(() -> engine.meta().reincarnate(101))
          .isInstanceOf(IllegalStateException.class);
      assertThatThrownBy(() -> engine.meta().found(founders))
          .isInstanceOf(IllegalStateException.class);
    }
    try (FileStorageEngine engine = FileStorageEngine.open(made, NEW_OWNER, OPTIONS)) {
      assertThat(engine.meta().incarnation()).isEqualTo(100);
      assertThat(engine.meta().founders()).contains(founders);
      assertThat(engine.meta().restored()).isEmpty();
    }
  }

  @Test
  void aDirectoryWithSomethingInItIsNotOverwritten() throws IOException {
    Files.createDirectories(made);
    Files.writeString(made.resolve("notes.txt"), "mine");

    assertThatThrownBy(() -> NewDirectory.restore(OPTIONS, snapshotFile(), made, FOUNDING))
        .isInstanceOf(StorageException.NotEmpty.class)
        .hasMessageContaining("it has notes.txt");
    assertThatThrownBy(() -> NewDirectory.recover(OPTIONS, old, made, FOUNDING))
        .isInstanceOf(StorageException.NotEmpty.class);
    Changes.open(old, OPTIONS).close();
  }

  @Test
  void aFailureLeavesNoDirectoryThatWasMadeForIt() throws IOException {
    Path deep = parent.resolve("a").resolve("b");
    Path empty = Files.createDirectory(parent.resolve("empty"));
    byte[] bytes = Files.readAllBytes(snapshotFile());
    bytes[bytes.length / 2] ^= 1;
    Path damaged = Files.write(parent.resolve("backup"), bytes);

    assertThatThrownBy(() -> NewDirectory.restore(OPTIONS, damaged, deep, FOUNDING))
        .isInstanceOf(StorageException.Corrupt.class);
    assertThatThrownBy(() -> NewDirectory.restore(OPTIONS, damaged, empty, FOUNDING))
        .isInstanceOf(StorageException.Corrupt.class);
    assertThatThrownBy(() -> NewDirectory.restore(OPTIONS, parent.resolve("none"), deep, FOUNDING))
        .isInstanceOf(StorageException.IoFailure.class)
        .hasMessageContaining("none does not exist");

    assertThat(parent.resolve("a")).doesNotExist();
    assertThat(empty).isEmptyDirectory();
    NewDirectory.restore(OPTIONS, snapshotFile(), deep, FOUNDING);
    FileStorageEngine.open(deep, NEW_OWNER, OPTIONS).close();
  }

  @Test
  void aRecoveryThatFailsLeavesNoDirectoryEither() throws IOException {
    byte[] bytes = Files.readAllBytes(snapshotFile());
    bytes[bytes.length / 2] ^= 1;
    Files.write(snapshotFile(), bytes);

    assertThatThrownBy(() -> NewDirectory.recover(OPTIONS, old, made, FOUNDING))
        .isInstanceOf(StorageException.class);

    assertThat(made).doesNotExist();
  }

  @Test
  void aDirectoryThatSomebodyElseUsesIsLeftAlone() throws IOException {
    Files.createDirectory(made);
    try (Closeable lock = Disk.system().lock(made.resolve(FileStorageEngine.LOCK)).orElseThrow()) {
      assertThat(lock).isNotNull();
      assertThatThrownBy(() -> NewDirectory.restore(OPTIONS, snapshotFile(), made, FOUNDING))
          .isInstanceOf(StorageException.Locked.class);
    }
    assertThat(made.resolve(FileStorageEngine.LOCK)).exists();
  }

  @Test
  void whatSurvivedBecomesAClusterOfOneWithAllItsEntries() {
    NewDirectory.recover(OPTIONS, old, made, FOUNDING);

    try (FileStorageEngine engine = FileStorageEngine.open(made, NEW_OWNER, OPTIONS)) {
      LogStore log = engine.log();
      assertThat(log.recovered().hardState()).isEqualTo(new HardState(5, 0));
      assertThat(log.recovered().log())
          .isEqualTo(new RecoveredLog(COVERED, List.of(new TermRun(7, 2)), 12, 1012));
      assertThat(log.read(11, 12, 10_000)).containsExactly(entry(11, 2, 1500), entry(12, 2, 1500));
      assertThat(log.recovered().memberships())
          .extracting(it -> Membership.decode(it.payload()))
          .containsExactly(FOUNDING.members());
      assertThat(engine.snapshots().latest().orElseThrow().point().membership())
          .isEqualTo(FOUNDING.members());
      assertThat(Snapshots.read(engine.snapshots(), COVERED)).isEqualTo(Snapshots.content(COVERED));
    }
  }

  @Test
  void aSurvivorWithoutSnapshotsGivesItsWholeLog() {
    Path plain = parent.resolve("plain");
    try (FileStorageEngine engine = Changes.open(plain, OPTIONS)) {
      engine.log().append(List.of(vote(1, 3, 2), entries(2, entry(1, 1, 10), entry(2, 3, 20))));
      engine.log().force();
    }

    NewDirectory.recover(OPTIONS, plain, made, FOUNDING);

    try (FileStorageEngine engine = FileStorageEngine.open(made, NEW_OWNER, OPTIONS)) {
      assertThat(engine.log().read(1, 2, 1000)).containsExactly(entry(1, 1, 10), entry(2, 3, 20));
      assertThat(engine.log().recovered().hardState()).isEqualTo(new HardState(3, 0));
      assertThat(engine.snapshots().list()).isEmpty();
    }
  }

  @Test
  void aSnapshotThatTheLogDoesNotReachReplacesIt() {
    Position later = new Position(40, 8);
    try (FileStorageEngine engine = Changes.open(old, OPTIONS)) {
      Snapshots.take(engine.snapshots(), later);
    }

    NewDirectory.recover(OPTIONS, old, made, FOUNDING);

    try (FileStorageEngine engine = FileStorageEngine.open(made, NEW_OWNER, OPTIONS)) {
      assertThat(engine.log().recovered().log())
          .isEqualTo(new RecoveredLog(later, List.of(), 40, 1040));
      assertThat(engine.log().recovered().hardState()).isEqualTo(new HardState(8, 0));
    }
  }

  @Test
  void recoveringIsForOneMemberOfANewCluster() {
    Founding two = new Founding(NEW_OWNER, 9, Membership.of(3, 4));
    Founding same = new Founding(OWNER, 9, Membership.of(3));

    assertThatThrownBy(() -> NewDirectory.recover(OPTIONS, old, made, two))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> NewDirectory.recover(OPTIONS, old, made, same))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("another id");
    assertThatThrownBy(() -> new Founding(NEW_OWNER, 9, Membership.of(1, 2)))
        .isInstanceOf(IllegalArgumentException.class);
    Changes.open(old, OPTIONS).close();
  }

  /// Whatever fails on the way: there is no half directory that a node would start on, and the old
  /// one is fenced only when the new one is complete.
  @Test
  void aFailureOnTheWayLeavesTheOldDirectoryAsItWas() {
    Path from = Path.of("old");
    Path to = Path.of("new");
    SimulatedDisk disk = new SimulatedDisk();
    try (FileStorageEngine engine = Changes.open(from, OPTIONS.withDisk(disk))) {
      engine.log().append(List.of(entries(1, entry(1, 1, 10), entry(2, 1, 10))));
      engine.log().force();
      Snapshots.take(engine.snapshots(), new Position(1, 1));
    }
    for (int point = 0; ; point++) {
      SimulatedDisk failing = disk.copy();
      failing.cutPowerBefore(point);
      try {
        NewDirectory.recover(OPTIONS.withDisk(failing), from, to, FOUNDING);
        assertThat(point).isGreaterThan(10);
        return;
      } catch (SimulatedDisk.PowerCut e) {
        SimulatedDisk left = failing.afterPowerCut(_ -> 0);
        boolean complete =
            left.files().contains(to.resolve(IdentityFile.NAME))
                && FileStorageEngine.recover(to, NEW_OWNER, OPTIONS.withDisk(left))
                        .log()
                        .recovered()
                        .log()
                        .lastIndex()
                    == 2;
        boolean usable = left.files().contains(from.resolve(IdentityFile.NAME));
        assertThat(complete || usable).as("call %d", point).isTrue();
        if (usable) {
          Changes.open(from, OPTIONS.withDisk(left)).close();
        }
      }
    }
  }
}
