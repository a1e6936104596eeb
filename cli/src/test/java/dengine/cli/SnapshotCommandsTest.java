package dengine.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dengine.embedded.EmbeddedEngine;
import dengine.embedded.EngineConfig;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Commands that work on files, with what a real node left behind.
@Timeout(120)
final class SnapshotCommandsTest {

  private static final Duration LONG = Duration.ofSeconds(30);

  @TempDir Path folder;
  private final Shell shell = new Shell();
  private Path data;
  private Path backup;

  @BeforeEach
  void aNodeThatRan() throws IOException {
    data = folder.resolve("data");
    backup = folder.resolve("backup.snapshot");
    try (EmbeddedEngine engine = EmbeddedEngine.start(data)) {
      engine.waitReady(LONG);
      engine.client().put("greeting", "hello");
      var _ = engine.admin().withDeadline(LONG).createSnapshot();
      try (OutputStream out = Files.newOutputStream(backup)) {
        var _ = engine.admin().saveSnapshot(out);
      }
      engine.client().put("after", "the snapshot");
    }
  }

  @Test
  void aSnapshotIsTakenAndSavedUnderItsNameOnceItIsWhole() throws IOException {
    Path file = folder.resolve("saved");
    shell.admin.file = Files.readAllBytes(backup);

    assertThat(shell.run("snapshot", "save", file.toString(), "-o", "json")).isZero();

    assertThat(shell.admin.asked).containsExactly("snapshot", "save");
    assertThat(shell.out).contains("\"index\":8");
    assertThat(file).hasSameBinaryContentAs(backup);
    assertThat(shell.run("snapshot", "save", file.toString())).isEqualTo(2);
    assertThat(shell.err).contains("exists; nothing was done");
    assertThat(shell.run("snapshot", "create")).isZero();
  }

  @Test
  void whatArrivesDamagedGetsNoName() throws IOException {
    Path file = folder.resolve("saved");
    byte[] damaged = Files.readAllBytes(backup);
    damaged[damaged.length / 2] ^= 1;
    shell.admin.file = damaged;

    assertThat(shell.run("snapshot", "save", file.toString(), "--existing")).isEqualTo(74);

    assertThat(file).doesNotExist();
  }

  @Test
  void aFileIsVerifiedAndDamageIsNamed() throws IOException {
    assertThat(shell.run("snapshot", "verify", backup.toString())).isZero();
    assertThat(shell.out).contains("cluster_id", "index", "members");
    byte[] damaged = Files.readAllBytes(backup);
    damaged[damaged.length / 2] ^= 1;
    Files.write(backup, damaged);

    assertThat(shell.run("snapshot", "verify", backup.toString())).isEqualTo(74);

    assertThat(shell.err).contains(backup.toString());
  }

  @Test
  void aBackupBecomesANewClusterWithTheSameData() {
    Path restored = folder.resolve("restored");

    assertThat(
            shell.run(
                "snapshot",
                "restore",
                backup.toString(),
                "--dir",
                restored.toString(),
                "--members",
                "1=127.0.0.1:9081",
                "--cluster-id",
                "c0ffee"))
        .isZero();

    assertThat(shell.out).contains("c0ffee", "dengine server --dir");
    try (EmbeddedEngine engine =
        EmbeddedEngine.start(EngineConfig.of(restored).withClusterId(0xc0ffee))) {
      engine.waitReady(LONG);
      assertThat(engine.client().get("greeting")).isPresent();
      assertThat(engine.client().get("after")).isEmpty();
    }
    assertThat(
            shell.run(
                "snapshot",
                "restore",
                backup.toString(),
                "--dir",
                restored.toString(),
                "--members",
                "1=a:1,2=b:1"))
        .isEqualTo(2);
    assertThat(shell.err).contains("--cluster-id is needed with several members");
  }

  @Test
  void aDirectoryIsInspectedAndVerified() {
    assertThat(shell.run("log", "inspect", data.toString(), "-o", "json")).isZero();
    assertThat(shell.out).contains("\"node_id\":1", "\"first_index\":1", "\"snapshots\":");
    assertThat(shell.run("log", "inspect", data.toString(), "--entries", "1", "--limit", "1"))
        .isZero();
    assertThat(shell.out).startsWith("INDEX  TERM").hasLineCount(2);
    assertThat(shell.run("log", "inspect", data.toString(), "--entries", "999")).isEqualTo(2);
    assertThat(shell.err).contains("--entries 999: the log has 1 to ");
    assertThat(shell.run("log", "verify", data.toString())).isZero();
    assertThat(shell.run("log", "verify", folder.resolve("nothing").toString())).isEqualTo(74);
  }

  @Test
  void recoveryShowsWhatThereIsAndDoesNothingUntilItIsAccepted() {
    Path target = folder.resolve("recovered");
    String[] command = {
      "recover", "--dir", data.toString(), "--to", target.toString(), "--address", "127.0.0.1:9081"
    };
    assertThat(shell.run(command)).isEqualTo(1);
    assertThat(shell.out).contains("last_index");
    assertThat(shell.err).contains("nothing was done", "--accept-data-loss");
    assertThat(target).doesNotExist();

    String[] accepted = java.util.Arrays.copyOf(command, command.length + 1);
    accepted[command.length] = "--accept-data-loss";
    assertThat(shell.run(accepted)).isZero();

    assertThat(shell.out).contains("new_cluster_id", "start_with");
    long cluster =
        Long.parseUnsignedLong(
            shell
                .out
                .lines()
                .filter(l -> l.startsWith("new_cluster_id"))
                .findFirst()
                .orElseThrow()
                .replaceAll(".* ", ""),
            16);
    try (EmbeddedEngine engine =
        EmbeddedEngine.start(EngineConfig.of(target).withClusterId(cluster))) {
      engine.waitReady(LONG);
      assertThat(engine.client().get("after")).isPresent();
    }
    assertThat(shell.run("log", "inspect", data.toString())).isEqualTo(74);
    assertThat(shell.err).contains("was recovered into " + target);
  }
}
