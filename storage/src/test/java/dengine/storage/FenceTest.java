package dengine.storage;

import static dengine.storage.Changes.entries;
import static dengine.storage.Changes.entry;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dengine.engine.spi.LogStore;
import dengine.engine.spi.MetaStore.Identity;
import dengine.engine.spi.StorageException;
import dengine.raft.Membership;
import dengine.raft.Position;
import dengine.storage.NewDirectory.Founding;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Directories that no node, or not this one, may start on: given up for a new cluster, or somebody
/// else's. Finding that out changes nothing in them.
class FenceTest {

  private static final StorageOptions OPTIONS = Changes.SMALL;
  private static final Position COVERED = new Position(2, 1);
  private static final Identity NEW_OWNER = new Identity(0x1234, 3);
  private static final Founding FOUNDING = new Founding(NEW_OWNER, 99, Membership.of(3));

  @TempDir Path parent;

  private Path old;
  private Path made;

  @BeforeEach
  void aDirectory() {
    old = parent.resolve("old");
    made = parent.resolve("made");
    try (FileStorageEngine engine = Changes.open(old, OPTIONS)) {
      engine.log().append(List.of(entries(1, entry(1, 1, 1500), entry(2, 1, 1500))));
      engine.log().force();
      Snapshots.take(engine.snapshots(), COVERED);
    }
  }

  static Map<Path, byte[]> contents(Path directory) throws IOException {
    Map<Path, byte[]> contents = new TreeMap<>();
    try (var files = Files.list(directory)) {
      for (Path file : files.toList()) {
        contents.put(file, Files.readAllBytes(file));
      }
    }
    return contents;
  }

  @Test
  void theOldDirectoryIsFencedAndKept() throws IOException {
    Map<Path, byte[]> before = contents(old);

    assertThat(NewDirectory.recover(OPTIONS, old, made, FOUNDING)).isEmpty();

    Map<Path, byte[]> fenced = contents(old);
    byte[] identity = before.remove(old.resolve("IDENTITY"));
    assertThat(fenced.remove(old.resolve("IDENTITY.recovered"))).isEqualTo(identity);
    assertThat(new String(fenced.remove(old.resolve("RECOVERED")), StandardCharsets.UTF_8))
        .isEqualTo(made.toAbsolutePath().toString());
    assertSame(fenced, before);
    Files.move(old.resolve("IDENTITY.recovered"), old.resolve("IDENTITY"));
    Changes.open(old, OPTIONS).close();
  }

  static void assertSame(Map<Path, byte[]> after, Map<Path, byte[]> before) {
    assertThat(after.keySet()).isEqualTo(before.keySet());
    after.forEach((file, bytes) -> assertThat(bytes).as("%s", file).isEqualTo(before.get(file)));
  }

  @Test
  void startingOnAFencedDirectorySaysWhereItsEntriesWentAndChangesNothing() throws IOException {
    assertThat(NewDirectory.recover(OPTIONS, old, made, FOUNDING)).isEmpty();
    leftovers();
    Map<Path, byte[]> before = contents(old);

    assertThatThrownBy(() -> Changes.open(old, OPTIONS))
        .isInstanceOf(StorageException.Fenced.class)
        .hasMessageContaining("was recovered into " + made.toAbsolutePath());
    assertThatThrownBy(() -> OfflineDirectory.open(Disk.system(), old))
        .isInstanceOf(StorageException.Fenced.class);

    assertSame(contents(old), before);
    Files.delete(old.resolve("RECOVERED"));
    assertThatThrownBy(() -> Changes.open(old, OPTIONS))
        .isInstanceOf(StorageException.Fenced.class)
        .hasMessageContaining("was recovered into another one");
  }

  /// What the next start of the owner would delete.
  private void leftovers() throws IOException {
    for (String name :
        List.of("spare.seg", "IDENTITY.tmp", SnapshotNames.writing(COVERED), partial(COVERED))) {
      Files.writeString(old.resolve(name), "unfinished");
    }
  }

  private static String partial(Position position) {
    return SnapshotNames.partial(Snapshots.offered(position).snapshot());
  }

  @Test
  void startingOnTheDirectoryOfAnotherNodeChangesNothing() throws IOException {
    leftovers();
    Map<Path, byte[]> before = contents(old);

    assertThatThrownBy(() -> FileStorageEngine.open(old, NEW_OWNER, OPTIONS))
        .isInstanceOf(StorageException.ForeignIdentity.class);

    assertSame(contents(old), before);
    Changes.open(old, OPTIONS).close();
    assertThat(contents(old)).doesNotContainKey(old.resolve("spare.seg"));
  }

  @Test
  void aTornLogWithoutAnIdentityIsRefusedAndNotRepaired() throws IOException {
    SimulatedDisk disk = new SimulatedDisk();
    LogStore log = Changes.open(Workload.DIRECTORY, Workload.options(disk)).log();
    log.append(List.of(entries(1, entry(1, 1, 600))));
    log.append(List.of(entries(2, entry(2, 1, 600))));
    SimulatedDisk torn = disk.afterKill();
    Path file = Damage.logs(disk).getFirst();
    Arrays.fill(torn.bytes(file), 1024, 1300, (byte) 0);
    torn.delete(Workload.DIRECTORY.resolve(IdentityFile.NAME));
    byte[] before = torn.content(file);

    assertThatThrownBy(() -> Changes.open(Workload.DIRECTORY, Workload.options(torn)))
        .isInstanceOf(StorageException.ForeignFormat.class)
        .hasMessageContaining("no IDENTITY beside it");

    assertThat(torn.content(file)).isEqualTo(before);
  }

  /// A file system that is mounted read-only after it reported errors is where survivors come from.
  @Test
  void aSurvivorThatCannotBeFencedIsRefusedBeforeAnythingIsMade() {
    Path from = Path.of("old");
    SimulatedDisk disk = survivor(from);
    disk.inject(
        (call, path) -> {
          if (path.equals("create PROBE.tmp")) {
            throw new FileSystemException("old", null, "Read-only file system");
          }
        });

    assertThatThrownBy(
            () -> NewDirectory.recover(OPTIONS.withDisk(disk), from, Path.of("new"), FOUNDING))
        .isInstanceOf(StorageException.CannotBeFenced.class)
        .hasMessageContaining("Read-only file system")
        .hasMessageContaining("nothing was done")
        .hasMessageContaining("recover from a copy");

    assertThat(disk.files()).noneMatch(file -> file.startsWith("new"));
  }

  @Test
  void aFenceThatFailsAtTheEndIsToldBesideWhatWasMade() {
    Path from = Path.of("old");
    Path to = Path.of("new");
    SimulatedDisk disk = survivor(from);
    disk.inject(
        (call, path) -> {
          if (path.equals("rename IDENTITY")) {
            throw new IOException("Input/output error");
          }
        });

    assertThat(NewDirectory.recover(OPTIONS.withDisk(disk), from, to, FOUNDING))
        .hasValueSatisfying(
            why -> assertThat(why).hasMessageContaining("fence failed at old: Input/output error"));

    FileStorageEngine.open(to, NEW_OWNER, OPTIONS.withDisk(disk)).close();
  }

  private static SimulatedDisk survivor(Path from) {
    SimulatedDisk disk = new SimulatedDisk();
    try (FileStorageEngine engine = Changes.open(from, OPTIONS.withDisk(disk))) {
      engine.log().append(List.of(entries(1, entry(1, 1, 10), entry(2, 1, 10))));
      engine.log().force();
    }
    return disk;
  }
}
