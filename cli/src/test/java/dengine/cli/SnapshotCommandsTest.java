package dengine.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dengine.embedded.EmbeddedEngine;
import dengine.embedded.EngineConfig;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
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
    assertThat(shell.err)
        .hasLineCount(1)
        .contains("what arrived is damaged at offset", "repeat the command", "dengine log verify");
  }

  @Test
  void aFileIsVerifiedAndDamageIsNamed() throws IOException {
    assertThat(shell.run("snapshot", "verify", backup.toString())).isZero();
    assertThat(shell.out).contains("cluster_id", "index", "members");
    byte[] damaged = Files.readAllBytes(backup);
    damaged[damaged.length / 2] ^= 1;
    Files.write(backup, damaged);

    assertThat(shell.run("snapshot", "verify", backup.toString())).isEqualTo(74);

    assertThat(shell.err)
        .hasLineCount(1)
        .startsWith("dengine: backup " + backup + " is damaged at offset ")
        .contains("Use another copy of it or an earlier one", "dengine snapshot save")
        .doesNotContain("node");
  }

  @Test
  void aRestoreOfADamagedBackupLeavesNothingBehind() throws IOException {
    byte[] damaged = Files.readAllBytes(backup);
    damaged[damaged.length / 2] ^= 1;
    Files.write(backup, damaged);
    Path restored = folder.resolve("new").resolve("restored");

    assertThat(restore(restored)).isEqualTo(74);

    assertThat(shell.err).hasLineCount(1).contains("Use another copy of it or an earlier one");
    assertThat(folder.resolve("new")).doesNotExist();
  }

  @Test
  void aNodesOwnSnapshotThatIsDamagedIsTheNodesMatter() throws IOException {
    Path own;
    try (var files = Files.list(data)) {
      own = files.filter(file -> file.toString().endsWith(".snap")).findFirst().orElseThrow();
    }
    byte[] damaged = Files.readAllBytes(own);
    damaged[damaged.length / 2] ^= 1;
    Files.write(own, damaged);

    assertThat(shell.run("snapshot", "verify", own.toString())).isEqualTo(74);

    assertThat(shell.err).contains("corrupt data in " + own, "Keep a copy of the directory");
  }

  @Test
  void theCommandThatStartsTheNodeCanBePasted() throws Exception {
    Path restored = folder.resolve("it's new");
    shell.environment.put("DENGINE_COMMAND", "bin/dengine");

    assertThat(restore(restored)).isZero();

    String line =
        shell.out.lines().filter(l -> l.startsWith("start_with")).findFirst().orElseThrow();
    List<String> words = words(line.replaceFirst("start_with +", ""));
    assertThat(words).startsWith("bin/dengine", "server", "--dir", restored.toString());
    String[] config = words.subList(1, words.size()).toArray(String[]::new);
    config[0] = "config";
    assertThat(shell.run(config)).as(shell.err).isZero();
    assertThat(shell.out)
        .containsPattern("cluster.listen_address +\"127.0.0.1:9081\" +--listen")
        .containsPattern("cluster.cluster_id +\"c0ffee\"");
  }

  private int restore(Path directory) {
    return shell.run(
        "snapshot",
        "restore",
        backup.toString(),
        "--dir",
        directory.toString(),
        "--members",
        "1=127.0.0.1:9081",
        "--cluster-id",
        "c0ffee");
  }

  /// As a shell takes them.
  private static List<String> words(String line) throws Exception {
    Process sh = new ProcessBuilder("sh", "-c", "printf '%s\\n' " + line).start();
    try (BufferedReader out = sh.inputReader()) {
      return out.lines().toList();
    } finally {
      sh.waitFor();
    }
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
    assertThat(shell.run("log", "inspect", data.toString(), "--entries", "0")).isEqualTo(2);
    for (String limit : List.of("0", "-5")) {
      assertThat(shell.run("log", "inspect", data.toString(), "--limit", limit)).isEqualTo(2);
      assertThat(shell.err).isEqualTo("dengine: --limit " + limit + ": permitted: 1 or more\n");
    }
    assertThat(shell.run("log", "inspect", data.toString(), "--limit", "2")).isZero();
    assertThat(shell.out).contains("node_id").containsPattern("\n\nINDEX +TERM.*\n.*\n.*\n$");
    assertThat(shell.run("log", "inspect", data.toString(), "-o", "json")).isZero();
    assertThat(shell.out).contains("\"entries\":[{\"index\":");
  }

  @Test
  void verifyingSaysWhatWasVerified() throws IOException {
    assertThat(shell.run("log", "verify", data.toString())).isZero();
    assertThat(shell.out)
        .containsPattern("verdict +intact")
        .containsPattern("log_files +1")
        .containsPattern("log_bytes +[1-9]")
        .containsPattern("entries +[1-9]")
        .containsPattern("first_index +1")
        .containsPattern("last_index +[1-9]")
        .containsPattern("torn_end +none")
        .containsPattern("snapshots +1")
        .containsPattern("snapshot_bytes +" + Files.size(backup))
        .doesNotContain("members");

    Path log;
    try (var files = Files.list(data)) {
      log =
          files.filter(file -> file.toString().endsWith(".seg")).sorted().findFirst().orElseThrow();
    }
    byte[] bytes = Files.readAllBytes(log);
    bytes[200] ^= 1;
    Files.write(log, bytes);
    assertThat(shell.run("log", "verify", data.toString())).isEqualTo(74);
    assertThat(shell.out).isEmpty();
    assertThat(shell.err).contains("corrupt data in " + log + " at offset ");
  }

  @Test
  void anIncompleteEndIsToldAndIsNoDamage() throws IOException {
    Path log;
    try (var files = Files.list(data)) {
      log =
          files.filter(file -> file.toString().endsWith(".seg")).sorted().findFirst().orElseThrow();
    }
    byte[] bytes = Files.readAllBytes(log);
    int end = bytes.length - (64 << 10); // the marks are at the very end of the file
    while (bytes[end - 1] == 0) {
      end--;
    }
    Arrays.fill(bytes, end + 64, end + 128, (byte) 0x55); // of a batch whose beginning never came
    Files.write(log, bytes);

    assertThat(shell.run("log", "verify", data.toString())).isZero();

    assertThat(shell.out)
        .containsPattern("torn_end +\\d+ bytes from offset \\d+ of " + log + ": never synced");
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

    String[] accepted = Arrays.copyOf(command, command.length + 1);
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
