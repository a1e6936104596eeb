package dengine.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dengine.api.Bytes;
import dengine.api.ClusterUnavailableException;
import dengine.embedded.EmbeddedEngine;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `snapshot create` and `save` against a cluster that is not there, and what they leave on disk.
final class SnapshotSaveTest {

  @TempDir Path folder;
  private final Shell shell = new Shell();
  private Path file;

  @BeforeEach
  void aClusterWithASnapshot() throws IOException {
    file = folder.resolve("backup");
    try (EmbeddedEngine engine = EmbeddedEngine.start(folder.resolve("data"))) {
      engine.waitReady(Duration.ofSeconds(30));
      engine.client().put("greeting", "hello");
      var _ = engine.admin().withDeadline(Duration.ofSeconds(30)).createSnapshot();
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      var _ = engine.admin().saveSnapshot(out);
      shell.admin.file = out.toByteArray();
    }
  }

  private int save(String... options) {
    String[] all = new String[options.length + 3];
    System.arraycopy(new String[] {"snapshot", "save", file.toString()}, 0, all, 0, 3);
    System.arraycopy(options, 0, all, 3, options.length);
    return shell.run(all);
  }

  private List<Path> backups() throws IOException {
    try (var all = Files.list(folder)) {
      return all.filter(it -> it.getFileName().toString().startsWith("backup")).toList();
    }
  }

  @Test
  void takingOneMayLastAsLongAsItTakesUnlessThereIsATimeout() {
    assertThat(shell.run("snapshot", "create")).isZero();
    assertThat(shell.admin.deadlines).contains(Duration.ofDays(1));
    shell.admin.deadlines.clear();

    assertThat(shell.run("snapshot", "create", "--timeout", "1h")).isZero();

    assertThat(shell.admin.deadlines)
        .last()
        .satisfies(left -> assertThat(left).isBetween(Duration.ofMinutes(50), Duration.ofHours(1)));
  }

  @Test
  void aBackupIsReadableByItsOwnerOnlyAndNothingElseIsLeft() throws IOException {
    assertThat(save()).isZero();

    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
    assertThat(backups()).containsExactly(file);
  }

  @Test
  void aSnapshotOfANodeThatDoesNotLeadIsNotTakenForTheClusters() throws IOException {
    shell.admin.node = 3;

    assertThat(shell.run("snapshot", "create")).isEqualTo(5);
    assertThat(shell.err).contains("by node 3, which does not lead (node 1 does", "--any-node");
    assertThat(save()).isEqualTo(5);
    assertThat(save("--existing")).isEqualTo(5);
    assertThat(backups()).isEmpty();

    assertThat(shell.run("snapshot", "create", "--any-node")).isZero();
    assertThat(save("--any-node")).isZero();
  }

  @Test
  void aSnapshotThatLacksWhatAMajorityHasIsRefused() throws IOException {
    for (int revision = 1; revision <= 9; revision++) {
      var _ = shell.store.put(Bytes.of("k"), Bytes.of("v"));
    }

    assertThat(save()).isEqualTo(5);

    assertThat(shell.err).contains("at index 8, but the cluster is at 9 at least");
    assertThat(backups()).isEmpty();
  }

  @Test
  void withoutAMajorityNothingIsTakenUnlessAnyNodeWillDo() {
    shell.store.failure = new ClusterUnavailableException("no leader");

    assertThat(save()).isEqualTo(5);
    assertThat(shell.admin.asked).isEmpty();
    assertThat(shell.err)
        .hasLineCount(1)
        .contains("(no leader); --any-node takes what", "asked at");

    assertThat(save("--any-node")).isZero();
  }

  @Test
  void whatBreaksOffIsBegunAgain() {
    shell.admin.breaks = 2;

    assertThat(save()).isZero();

    assertThat(shell.admin.asked).containsExactly("snapshot", "save", "save", "save");
    assertThat(shell.err).contains("broke off after", "beginning again (3 of 3)");
    assertThat(file).hasBinaryContent(shell.admin.file);
  }

  @Test
  void whatBreaksOffAgainAndAgainIsGivenUpAndSaysHowToGoOn() throws IOException {
    shell.admin.breaks = 3;

    assertThat(save()).isEqualTo(5);

    assertThat(shell.err).contains("3 attempts were made and nothing is saved", "--existing");
    assertThat(backups()).isEmpty();
  }

  @Test
  void aSnapshotOfANewLeaderThatIsOlderIsTakenAnew() {
    shell.admin.meanwhile =
        () -> {
          shell.admin.index = 7;
          shell.admin.meanwhile = () -> {};
        };

    assertThat(save()).isZero();

    assertThat(shell.admin.asked).containsExactly("snapshot", "save", "snapshot", "save");
  }

  @Test
  void aFileThatAppearsMeanwhileIsNotOverwritten() throws IOException {
    shell.admin.meanwhile = () -> write(file);

    assertThat(save()).isEqualTo(74);

    assertThat(shell.err).contains("exists now, and was not overwritten");
    assertThat(file).hasContent("somebody's");
    assertThat(backups()).containsExactly(file);
  }

  private static void write(Path path) {
    try {
      Files.writeString(path, "somebody's");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void whatAKilledSaveLeftIsNamed() {
    Path dead = folder.resolve("backup.1f2e3d.part");
    write(dead);
    write(folder.resolve("another.1f2e3d.part"));

    assertThat(save()).isZero();

    assertThat(shell.err).hasLineCount(1).contains(dead + " is left of a save that was killed");
    assertThat(dead).hasContent("somebody's");
  }

  @Test
  void whereThereAreNoLinksNothingIsOverwrittenEither() throws IOException {
    BackupFile.Naming none =
        (name, existing) -> {
          throw new FileSystemException(name.toString(), null, "Operation not permitted");
        };
    try (BackupFile first = BackupFile.begin(file, none);
        BackupFile second = BackupFile.begin(file, none)) {
      for (BackupFile each : List.of(first, second)) {
        try (OutputStream out = each.stream()) {
          out.write(shell.admin.file);
        }
      }

      first.finish();

      assertThatThrownBy(second::finish).hasMessageContaining("was not overwritten");
    }
    assertThat(file).hasBinaryContent(shell.admin.file);
    assertThat(backups()).containsExactly(file);
  }

  @Test
  void anOldDirectoryThatCouldNotBeFencedIsToldBesideTheNewOne() throws IOException {
    Path data = folder.resolve("data");
    // In the way of the fence.
    Files.createDirectories(data.resolve("IDENTITY.recovered").resolve("x"));

    int code =
        shell.run(
            "recover",
            "--dir",
            data.toString(),
            "--to",
            folder.resolve("new").toString(),
            "--address",
            "127.0.0.1:9081",
            "--accept-data-loss");

    assertThat(code).isEqualTo(74);
    assertThat(shell.out).contains("new_cluster_id", "start_with");
    assertThat(shell.err)
        .contains("not fenced: fence failed at " + data, "no node is ever started on it");
  }
}
