package dengine.storage;

import static dengine.storage.Changes.OWNER;
import static dengine.storage.Changes.SMALL;
import static dengine.storage.Changes.entries;
import static dengine.storage.Changes.entry;
import static dengine.storage.Changes.open;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dengine.engine.spi.MetaStore.Identity;
import dengine.engine.spi.StorageException;
import dengine.raft.Membership;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DirectoryTest {

  @TempDir Path parent;

  private Path directory() {
    return parent.resolve("some").resolve("data");
  }

  @Test
  void aNewDirectoryIsReadableByItsOwnerOnly() throws IOException {
    try (FileStorageEngine engine = open(directory(), SMALL)) {
      engine.log().append(List.of(entries(1, entry(1, 1, 10))));
      engine.log().force();

      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(directory())))
          .isEqualTo("rwx------");
      try (var files = Files.list(directory())) {
        assertThat(files)
            .hasSize(3)
            .allSatisfy(
                file ->
                    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                        .isEqualTo("rw-------"));
      }
    }
  }

  @Test
  void aSecondEngineInThisProcessIsRefused() {
    FileStorageEngine first = open(directory(), SMALL);

    assertThatThrownBy(() -> open(directory(), SMALL))
        .isInstanceOf(StorageException.Locked.class)
        .hasMessageContaining(directory().toString());
    assertThatThrownBy(() -> open(directory().resolve("..").resolve("data"), SMALL))
        .isInstanceOf(StorageException.Locked.class);

    first.close();
    open(directory(), SMALL).close();
  }

  @Test
  void aRefusedSecondEngineDoesNotOpenTheDoorForOtherProcesses() throws Exception {
    try (FileStorageEngine first = open(directory(), SMALL)) {
      assertThat(first.meta().identity()).contains(OWNER);
      assertThatThrownBy(() -> open(directory(), SMALL))
          .isInstanceOf(StorageException.Locked.class);

      assertThat(lockedByAnotherProcess()).isEqualTo("refused");
    }
    assertThat(lockedByAnotherProcess()).isEqualTo("locked");
  }

  /// Starts another virtual machine that tries to take the lock.
  private String lockedByAnotherProcess() throws Exception {
    Path source = Files.writeString(parent.resolve("TryLock.java"), TRY_LOCK);
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xshare:auto",
                source.toString(),
                directory().resolve("LOCK").toString())
            .redirectErrorStream(true)
            .start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    process.waitFor();
    return said.strip();
  }

  private static final String TRY_LOCK =
      """
      public class TryLock {
        public static void main(String[] args) throws Exception {
          var channel = java.nio.channels.FileChannel.open(
              java.nio.file.Path.of(args[0]), java.nio.file.StandardOpenOption.WRITE);
          System.out.println(channel.tryLock() == null ? "refused" : "locked");
        }
      }
      """;

  @Test
  void aLockTakenByOtherCodeOfThisProcessIsRespected() throws IOException {
    open(directory(), SMALL).close();
    try (FileChannel channel =
            FileChannel.open(directory().resolve("LOCK"), StandardOpenOption.WRITE);
        FileLock lock = channel.lock()) {
      assertThat(lock.isValid()).isTrue();
      assertThatThrownBy(() -> open(directory(), SMALL))
          .isInstanceOf(StorageException.Locked.class);
    }
    open(directory(), SMALL).close();
  }

  @Test
  void aNewDirectoryHasNoIdentityUntilItIsEstablished() {
    try (FileStorageEngine engine = FileStorageEngine.open(directory(), OWNER, SMALL)) {
      assertThat(engine.meta().identity()).isEmpty();
      assertThatThrownBy(() -> engine.log().append(List.of(entries(1, entry(1, 1, 1)))))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("established");
      assertThatThrownBy(() -> engine.meta().establish(new Identity(1, 1), 7))
          .isInstanceOf(IllegalArgumentException.class);
    }
    try (FileStorageEngine engine = FileStorageEngine.open(directory(), OWNER, SMALL)) {
      engine.meta().establish(OWNER, 7);
      assertThat(engine.meta().identity()).contains(OWNER);
      assertThatThrownBy(() -> engine.meta().establish(OWNER, 7))
          .isInstanceOf(StorageException.class);
    }
    try (FileStorageEngine engine = FileStorageEngine.open(directory(), OWNER, SMALL)) {
      assertThat(engine.meta().identity()).contains(OWNER);
    }
  }

  @Test
  void anotherNodesOrClustersDirectoryIsRefused() {
    open(directory(), SMALL).close();

    assertThatThrownBy(
            () -> FileStorageEngine.open(directory(), new Identity(OWNER.clusterId(), 4), SMALL))
        .isInstanceOf(StorageException.ForeignIdentity.class)
        .hasMessageContaining("belongs to node 3 of cluster abcdef, but this is node 4");
    assertThatThrownBy(() -> FileStorageEngine.open(directory(), new Identity(-1, 3), SMALL))
        .isInstanceOf(StorageException.ForeignIdentity.class)
        .hasMessageContaining("ffffffffffffffff");
    open(directory(), SMALL).close();
  }

  @Test
  void aLogFileOfAnotherNodeIsRefused() throws IOException {
    Path other = parent.resolve("other");
    Identity stranger = new Identity(OWNER.clusterId(), 4);
    try (FileStorageEngine engine = FileStorageEngine.open(other, stranger, SMALL)) {
      engine.meta().establish(stranger, 7);
    }
    open(directory(), SMALL).close();
    Path name = Path.of(SegmentFiles.name(1));
    Files.delete(directory().resolve(name));
    Files.copy(other.resolve(name), directory().resolve(name));

    assertThatThrownBy(() -> open(directory(), SMALL))
        .isInstanceOf(StorageException.ForeignIdentity.class);
  }

  @Test
  void aDirectoryOfAnotherFormatIsRefused() throws IOException {
    open(directory(), SMALL).close();
    Path file = directory().resolve("IDENTITY");
    String text = Files.readString(file).replace("format 2", "format 1");
    String content = text.substring(0, text.indexOf("checksum "));
    ByteBuffer bytes = ByteBuffer.wrap(content.getBytes(StandardCharsets.ISO_8859_1));
    int checksum = new Checksum().of(0, 0, bytes, 0, bytes.limit());
    Files.writeString(file, content + "checksum %08x\n".formatted(checksum));

    assertThatThrownBy(() -> open(directory(), SMALL))
        .isInstanceOf(StorageException.ForeignFormat.class)
        .hasMessageContaining("format 1, this version reads 2");
  }

  @Test
  void theIdentityIsAFileThatAnOperatorCanRead() throws IOException {
    open(directory(), SMALL).close();

    assertThat(Files.readString(directory().resolve("IDENTITY")))
        .matches(
            """
            d-engine data directory
            format 2
            cluster 0000000000abcdef
            node 3
            incarnation 000000000000004d
            checksum [0-9a-f]{8}
            """);
  }

  @Test
  void incarnationAndFoundersAreRemembered() throws IOException {
    Membership founders =
        Membership.of(1, 3).withDetails(Map.of(3, new Membership.Member("host:1", -9, false, 0)));
    try (FileStorageEngine engine = FileStorageEngine.open(directory(), OWNER, SMALL)) {
      assertThat(engine.meta().incarnation()).isZero();
      assertThatThrownBy(() -> engine.meta().found(founders))
          .isInstanceOf(IllegalStateException.class);
      assertThatThrownBy(() -> engine.meta().establish(OWNER, 0))
          .isInstanceOf(IllegalArgumentException.class);
      engine.meta().establish(OWNER, -9);
      assertThat(engine.meta().incarnation()).isEqualTo(-9);
      assertThat(engine.meta().founders()).isEmpty();

      engine.meta().found(founders);

      assertThatThrownBy(() -> engine.meta().found(founders))
          .isInstanceOf(IllegalStateException.class);
    }
    try (FileStorageEngine engine = FileStorageEngine.open(directory(), OWNER, SMALL)) {
      assertThat(engine.meta().identity()).contains(OWNER);
      assertThat(engine.meta().incarnation()).isEqualTo(-9);
      assertThat(engine.meta().founders()).contains(founders);
    }
    assertThat(Files.readString(directory().resolve("IDENTITY")))
        .contains("\nincarnation fffffffffffffff7\nfounders 01");
  }

  @Test
  void aSnapshotWithoutAnIdentityIsRefused() throws IOException {
    Files.createDirectories(directory());
    String name = "snapshot-00000000000000000005-00000000000000000001.snap";
    Files.writeString(directory().resolve(name), "somebody's");

    assertThatThrownBy(() -> open(directory(), SMALL))
        .isInstanceOf(StorageException.ForeignFormat.class)
        .hasMessageContaining(name);
  }

  @Test
  void filesOfOthersAreLeftAlone() throws IOException {
    Files.createDirectories(directory().resolve("lost+found"));
    Files.writeString(directory().resolve("notes.txt"), "mine");

    open(directory(), SMALL).close();
    open(directory(), SMALL).close();

    assertThat(directory().resolve("notes.txt")).hasContent("mine");
    assertThat(directory().resolve("lost+found")).isDirectory();
  }

  @Test
  void aDirectoryWithALogOfSomethingElseIsRefused() throws IOException {
    Files.createDirectories(directory());
    Files.writeString(directory().resolve("00000001.wal"), "not ours");

    assertThatThrownBy(() -> open(directory(), SMALL))
        .isInstanceOf(StorageException.ForeignFormat.class)
        .hasMessageContaining("00000001.wal");
    assertThat(directory().resolve("00000001.wal")).hasContent("not ours");
  }

  @Test
  void aLogWhoseIdentityIsGoneIsRefused() throws IOException {
    try (FileStorageEngine engine = open(directory(), SMALL)) {
      engine.log().append(List.of(entries(1, entry(1, 1, 10))));
    }
    Files.delete(directory().resolve("IDENTITY"));

    assertThatThrownBy(() -> open(directory(), SMALL))
        .isInstanceOf(StorageException.ForeignFormat.class)
        .hasMessageContaining("no IDENTITY beside it");
  }

  @Test
  void aPathThatIsNoDirectoryIsRefused() throws IOException {
    Path file = Files.writeString(parent.resolve("file"), "");

    assertThatThrownBy(() -> open(file, SMALL))
        .isInstanceOf(StorageException.class)
        .hasMessageContaining("not a directory");
  }

  @Test
  void aDirectoryThatCannotBeWrittenToIsRefusedWithTheReason() {
    for (IOException reason :
        List.of(
            new AccessDeniedException("data/PROBE.tmp"),
            new FileSystemException("data/PROBE.tmp", null, "Read-only file system"))) {
      SimulatedDisk disk = new SimulatedDisk();
      open(Workload.DIRECTORY, SMALL.withDisk(disk)).close();
      disk.inject(
          (call, path) -> {
            if (path.startsWith("create")) {
              throw reason;
            }
          });

      assertThatThrownBy(() -> open(Workload.DIRECTORY, SMALL.withDisk(disk)))
          .isInstanceOf(StorageException.NotWritable.class)
          .hasMessageContaining("data is not writable")
          .hasCause(reason);
    }
  }

  @Test
  void theLockIsGivenBackWhenOpeningFails() throws IOException {
    SimulatedDisk disk = new SimulatedDisk();
    disk.inject(
        (call, path) -> {
          throw new IOException("Input/output error");
        });
    assertThatThrownBy(() -> open(Workload.DIRECTORY, SMALL.withDisk(disk)))
        .isInstanceOf(StorageException.IoFailure.class);
    disk.inject(SimulatedDisk.Faults.NONE);

    Optional<Closeable> lock = disk.lock(Workload.DIRECTORY.resolve("LOCK"));

    assertThat(lock).isPresent();
    lock.get().close();
  }

  @Test
  void aFileInPreparationIsUsedOrRemoved() throws IOException {
    StorageOptions options = StorageOptions.DEFAULT.withSegmentBytes(8 << 10);
    for (int run = 0; run < 20; run++) {
      try (FileStorageEngine engine = open(directory(), options)) {
        long last = engine.log().recovered().log().lastIndex();
        for (long index = last + 1; index <= last + 7 + run % 3; index++) {
          engine.log().append(List.of(entries(index, entry(index, 1, 1000))));
          engine.log().force();
        }
      }
      assertThat(directory().resolve("spare.seg")).doesNotExist();
    }
    try (FileStorageEngine engine = open(directory(), options)) {
      assertThat(engine.log().read(1, 1000, Long.MAX_VALUE)).hasSizeGreaterThan(150);
    }
  }

  @Test
  void optionsOutsideTheirRangeAreRefused() {
    assertThatThrownBy(() -> SMALL.withSegmentBytes(4095))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("segmentBytes is 4095 bytes, permitted are 4096 to 1073741824");
  }
}
