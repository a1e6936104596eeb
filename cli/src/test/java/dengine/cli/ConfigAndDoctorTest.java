package dengine.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ConfigAndDoctorTest {

  @TempDir Path folder;
  private final Shell shell = new Shell();

  @Test
  void configShowsWhereEachValueComesFrom() throws IOException {
    Path file = Files.writeString(folder.resolve("d.toml"), "cluster.node_id = 3");
    shell.environment.put("DENGINE_CONFIG", file.toString());
    shell.environment.put("DENGINE__RAFT__PERSISTENCE__STRATEGY", "memfirst");

    assertThat(shell.run("config", "--listen", "127.0.0.1:7", "--set", "limits.max_key_size=99"))
        .isZero();

    assertThat(shell.out)
        .containsPattern("cluster.node_id +3 +" + file + ":1:1\n")
        .containsPattern(
            "raft.persistence.strategy +\"MemFirst\" +environment variable DENGINE__RAFT")
        .containsPattern("cluster.listen_address +\"127.0.0.1:7\" +--listen\n")
        .containsPattern("limits.max_key_size +\"99B\" +--set\n")
        .containsPattern("raft.election.election_timeout_min +\"400ms\" +default\n");
    shell.run("config", "-o", "json");
    assertThat(shell.out).contains("{\"key\":\"cluster.node_id\",\"value\":\"3\",\"from\":\"");
  }

  @Test
  void onATerminalAMemberListThatIsLongDoesNotMakeTheTableWider() {
    shell.environment.put("COLUMNS", "100");
    String members = "1=first.example:9081,2=second.example:9081,3=third.example:9081";

    shell.run("config", "--initial-cluster", members);

    assertThat(shell.out.lines()).allSatisfy(line -> assertThat(line).hasSizeLessThan(101));
    assertThat(shell.out).containsPattern("cluster.initial_cluster +\\[\\{ id = 1.*… +--initial");
  }

  @Test
  void inAPipeALongMemberListIsWholeAndMakesNoOtherLineLonger() {
    shell.run("config");
    List<String> without = shell.out.lines().filter(line -> !line.contains("initial_c")).toList();
    String members = "1=first.example:9081,2=second.example:9081,3=third.example:9081";

    shell.run("config", "--initial-cluster", members);

    assertThat(shell.out.lines().filter(line -> !line.contains("initial_c")))
        .containsExactlyElementsOf(without);
    assertThat(shell.out)
        .containsPattern(
            "cluster.initial_cluster +\\[.*third.example:9081.*\\]  --initial-cluster\n");
    assertThat(without).allSatisfy(line -> assertThat(line).hasSizeLessThan(100));
  }

  @Test
  void configCanBeWrittenToAFileAndReadBack() throws IOException {
    shell.run("config", "--node-id", "2", "--initial-cluster", "1=a:1,2=b:2", "-o", "value");
    Path file = Files.writeString(folder.resolve("d.toml"), shell.out);

    assertThat(shell.run("config", "--config", file.toString(), "-o", "value")).isZero();

    assertThat(Files.readString(file)).isEqualTo(shell.out).contains("[raft.election]\n#");
  }

  @Test
  void aConfigurationThatCannotBeUsedIsSeventyEight() {
    assertThat(shell.run("config", "--node-id", "0", "--set", "cluster.x=1")).isEqualTo(78);

    assertThat(shell.err)
        .isEqualTo(
            """
            dengine: --set: cluster.x: unknown key
            dengine: --node-id: cluster.node_id = "0": out of range; permitted: a whole number \
            from 1 to 2147483647
            """);
  }

  @Test
  void serverRefusesAWrongConfigurationBeforeItTouchesTheDisk() {
    Path data = folder.resolve("data");

    assertThat(shell.run("server", "--dir", data.toString(), "--node-id", "x")).isEqualTo(78);

    assertThat(data).doesNotExist();
  }

  @Test
  void devRefusesAWrongSettingBeforeItMakesOrStartsAnything() {
    Path cluster = folder.resolve("cluster");
    String[] dev = {"dev", "--dir", cluster.toString(), "--set"};

    assertThat(shell.run(dev[0], dev[1], dev[2], dev[3], "raft.persistance.strategy=MemFirst"))
        .isEqualTo(78);
    assertThat(shell.err)
        .isEqualTo(
            "dengine: --set: raft.persistance.strategy: unknown key, did you mean"
                + " raft.persistence.strategy?\n");
    assertThat(shell.run(dev[0], dev[1], dev[2], dev[3], "raft.persistence.strategy=Maybe"))
        .isEqualTo(78);
    assertThat(shell.err).contains("\"DiskFirst\", \"MemFirst\"");
    assertThat(shell.run(dev[0], dev[1], dev[2], dev[3], "cluster.node_id=2")).isEqualTo(78);
    assertThat(shell.err).contains("cluster.node_id: 'dengine dev' says that itself");
    shell.environment.put("DENGINE__LIMITS__MAX_KEY_SIZE", "huge");
    assertThat(shell.run("dev", "--dir", cluster.toString())).isEqualTo(78);
    assertThat(shell.err).contains("DENGINE__LIMITS__MAX_KEY_SIZE");

    assertThat(cluster).doesNotExist();
  }

  @Test
  void doctorMeasuresTheDiskAndFindsATakenPort() throws IOException {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String address = "127.0.0.1:" + taken.getLocalPort();

      int code =
          shell.run("doctor", "--dir", folder.resolve("new").toString(), "--listen", address);

      assertThat(code).isZero();
      assertThat(shell.out)
          .containsPattern("java +ok +")
          .containsPattern("fsync +(ok|warning) +median [0-9.]+ ms, p99 [0-9.]+ ms")
          .containsPattern("clock +ok +monotonic")
          .containsPattern("port +warning +" + address + " cannot be taken")
          .containsPattern("open files +(ok|warning) +limit ")
          .containsPattern("memory +ok +");
      assertThat(folder).isEmptyDirectory();
    }
  }

  @Test
  void doctorFailsWhereNobodyCanWrite() {
    assertThat(shell.run("doctor", "--dir", "/proc/nowhere", "-o", "json")).isEqualTo(1);

    assertThat(shell.out).contains("\"verdict\":\"failure\"");
  }
}
