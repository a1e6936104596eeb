package dengine.server.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Every way to get a configuration wrong, and the one line that says so.
final class ConfigProblemsTest {

  @TempDir Path folder;

  @Test
  void aTypoNamesThePlaceAndTheNearestKey() {
    assertThat(problems("[raft.election]\n  election_timout_min = 400"))
        .containsExactly(
            "dengine.toml:2:3: raft.election.election_timout_min: unknown key, did you mean"
                + " raft.election.election_timeout_min?");
  }

  @Test
  void aSectionThatDoesNotExistIsToldOnce() {
    assertThat(problems("[raft.elektion]\na = 1\nb = 2"))
        .containsExactly(
            "dengine.toml:1:1: raft.elektion: unknown key, did you mean raft.election?");
    assertThat(problems("[nothing.like.it]\na = 1"))
        .containsExactly("dengine.toml:1:1: nothing: unknown key");
  }

  @Test
  void aKeyInTheWrongSectionNamesTheRightOne() {
    assertThat(problems("[cluster]\nelection_timeout_min = 400"))
        .containsExactly(
            "dengine.toml:2:1: cluster.election_timeout_min: unknown key, did you mean"
                + " raft.election.election_timeout_min?");
  }

  @Test
  void aKeyThatBreaksOffNamesTheWholeOneUnlessThereAreSeveral() {
    assertThat(problems("limits.max_key = 3"))
        .containsExactly(
            "dengine.toml:1:1: limits.max_key: unknown key, did you mean limits.max_key_size?");
    assertThat(problems("raft.snapshot.max = 3"))
        .containsExactly("dengine.toml:1:1: raft.snapshot.max: unknown key");
  }

  @Test
  void aKeyThatOnlyTheOriginalHasSaysWhatToDoInstead() {
    assertThat(problems("[retry.election]\nmax_retries = 3\n[cluster]\nlog_dir = \"/tmp\""))
        .containsExactly(
            "dengine.toml:1:1: retry: unknown key here, the original has it: retries are bounded by"
                + " each request's deadline; remove it",
            "dengine.toml:4:1: cluster.log_dir: unknown key here, the original has it: log lines go"
                + " to standard error; remove it");
  }

  @Test
  void aSectionInThePlaceOfAValueIsRefused() {
    assertThat(problems("[cluster.node_id]\nx = 1"))
        .containsExactly(
            "dengine.toml:1:1: cluster.node_id: a section was given where one value belongs");
    assertThat(problems("cluster = 3"))
        .containsExactly(
            "dengine.toml:1:1: cluster: is a section, write [cluster] and its keys below");
  }

  /// Found by the fuzzer: with assertions on, as here, the parser doubts itself at such input.
  @Test
  void bytesThatAreNoTextAreRefusedWhereASectionsNameBreaksOff() {
    assertThat(problems("[cluraft.persistence.max_buz#\0\0ff" + "\0".repeat(100) + "ered.0"))
        .allSatisfy(problem -> assertThat(problem).startsWith("dengine.toml:"))
        .isNotEmpty();
  }

  @Test
  void brokenTomlNamesThePlace() {
    assertThat(problems("[cluster]\nnode_id = = 3"))
        .allSatisfy(problem -> assertThat(problem).startsWith("dengine.toml:2:11: "))
        .isNotEmpty();
  }

  @Test
  void aFileThatIsNotThereIsNamed() {
    ConfigException thrown =
        catchThrowableOfType(
            ConfigException.class,
            () -> ServerConfig.builder().file(Path.of("nowhere.toml")).build());

    assertThat(thrown)
        .hasMessage("nowhere.toml: no such file: check the path, or name no file for the defaults");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          cluster.node_id | 0 | 0: out of range; permitted: a whole number from 1 to 2147483647
          cluster.node_id | "x" | "x": not a whole number; permitted: a whole number from 1 to \
          2147483647
          cluster.cluster_id | "0" | "0": 0 means none; permitted: 1 to 16 hexadecimal digits in \
          quotes, not 0, for example "c0ffee"
          cluster.cluster_id | "xyz" | "xyz": not hexadecimal; permitted: 1 to 16 hexadecimal \
          digits in quotes, not 0, for example "c0ffee"
          cluster.listen_address | "here" | "here": the port is missing; permitted: host:port \
          with a port from 0 to 65535, for example "127.0.0.1:9081"
          cluster.listen_address | "http://a:80" | "http://a:80": leave out http://; permitted: \
          host:port with a port from 0 to 65535, for example "127.0.0.1:9081"
          cluster.listen_address | "::1:80" | "::1:80": an IPv6 address needs brackets; \
          permitted: host:port with a port from 0 to 65535, for example "127.0.0.1:9081"
          cluster.listen_address | "a:70000" | "a:70000": port 70000 is out of range; permitted: \
          host:port with a port from 0 to 65535, for example "127.0.0.1:9081"
          cluster.db_root_dir | " " | " ": empty; permitted: the path of a folder that exists or \
          can be created
          raft.election.election_timeout_min | "400 parsecs" | "400 parsecs": unknown unit \
          parsecs, known: ns, us, ms, s, m or h; permitted: 10ms to 10m, for example "500ms" \
          or 500 (milliseconds)
          raft.election.election_timeout_min | "soon" | "soon": not a number with a unit; \
          permitted: 10ms to 10m, for example "500ms" or 500 (milliseconds)
          raft.election.election_timeout_min | 9223372036854775807 | 9223372036854775807: out of \
          range; permitted: 10ms to 10m, for example "500ms" or 500 (milliseconds)
          raft.persistence.strategy | "Hope" | "Hope"; permitted: "DiskFirst", "MemFirst"
          raft.read_consistency.allow_client_override | "maybe" | "maybe"; permitted: true or \
          false
          raft.read_consistency.clock_drift_bound | 0.5 | 0.5: out of range; permitted: a number \
          from 0.0 to below 0.5
          raft.read_consistency.clock_drift_bound | "x" | "x": not a number; permitted: a number \
          from 0.0 to below 0.5
          raft.backpressure.max_apply_size | "2TiB" | "2TiB": unknown unit tib, known: B, KiB, \
          MiB, GiB, KB, MB or GB; permitted: 1KiB to 1GiB, for example "64MiB" or 67108864 \
          (bytes)
          raft.backpressure.max_apply_size | 1 | 1: out of range; permitted: 1KiB to 1GiB, for \
          example "64MiB" or 67108864 (bytes)
          """)
  void aValueThatDoesNotFitIsToldWithWhatDoes(String key, String toml, String problem) {
    assertThat(problems(key + " = " + toml))
        .containsExactly("dengine.toml:1:1: " + key + " = " + problem);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          [] | no members
          [3] | line 1, column 28: not a table
          [{ address = "a:1" }] | line 1, column 28: a member without id
          [{ id = 1 }] | line 1, column 28: a member without address
          [{ id = 1, adress = "a:1" }] | line 1, column 38: unknown key adress, did you mean \
          address?
          [{ id = 0, address = "a:1" }] | line 1, column 30: id = 0: out of range (a whole \
          number from 1 to 2147483647)
          [{ id = 1, address = "a:1", role = 7 }] | line 1, column 55: role = 7: permitted are \
          "voter", "learner", and the original's 1 to 3 (voter) and 4 (learner)
          [{ id = 1, address = "a:1", status = 9 }] | line 1, column 55: status = 9: permitted \
          are 1 (promotable), 2 (read-only), 3 (active)
          [{ id = 1, address = "a:1" }, { id = 1, address = "b:1" }] | two members with id 1
          [{ id = 1, address = "a:1" }, { id = 2, address = "a:1" }] | two members at a:1
          [{ id = 1, address = "a:1", role = 4 }] | no member has a vote
          "1:a:1" | "1:a:1" is not id=host:port
          """)
  void membersThatMakeNoClusterAreRefused(String toml, String reason) {
    assertThat(problems("cluster.initial_cluster = " + toml))
        .singleElement()
        .asString()
        .startsWith("dengine.toml:1:1: cluster.initial_cluster = ")
        .contains(": " + reason + "; permitted: an array of");
  }

  @Test
  void aNodeThatIsNoneOfTheMembersSaysWhoTheyAreAndWhatToChange() {
    assertThat(
            problems(
                """
                [cluster]
                node_id = 4
                initial_cluster = "2=a:1,3=b:1:learner"
                """))
        .containsExactly(
            "dengine.toml:2:1: cluster.node_id = 4: is none of the members that dengine.toml:3:1:"
                + " cluster.initial_cluster has, 2=a:1,3=b:1:learner; set cluster.node_id to 2 or"
                + " 3, or add the member 4=host:port there, on every node");
    assertThat(problems("cluster.initial_cluster = \"2=a:1\""))
        .singleElement()
        .asString()
        .startsWith("default: cluster.node_id = 1: is none of the members that dengine.toml:1:1: ");
  }

  @Test
  void settingsThatDoNotGoTogetherAreTold() {
    assertThat(
            problems(
                """
                [raft.election]
                election_timeout_min = 400
                election_timeout_max = 400
                [raft.replication]
                rpc_append_entries_clock_in_ms = "0.4s"
                [limits]
                max_request_size = "1MiB"
                """))
        .containsExactly(
            "dengine.toml:5:1: raft.replication.rpc_append_entries_clock_in_ms = \"400ms\": must be"
                + " less than election_timeout_min = \"400ms\"; permitted: 1ms to 5m, for example"
                + " \"500ms\" or 500 (milliseconds)",
            "dengine.toml:3:1: raft.election.election_timeout_max = \"400ms\": must be more than"
                + " election_timeout_min = \"400ms\"; permitted: 11ms to 20m, for example"
                + " \"500ms\" or 500 (milliseconds)",
            "dengine.toml:7:1: limits.max_request_size = \"1MiB\": a request must hold one key and"
                + " one value of the largest sizes (max_key_size + max_value_size); permitted: 1B"
                + " to 32MiB, for example \"1MiB\" or 1048576 (bytes)");
  }

  @Test
  void aNodeThatJoinsSaysWhereItIsReachedAndNobodyElse() {
    assertThat(
            problems(
                "cluster.join = [\"a:1\"]\ncluster.node_id = 1\n"
                    + "cluster.initial_cluster = \"1=a:1,2=b:1\""))
        .singleElement()
        .asString()
        .contains("cluster.join", "has no initial members but itself");
    assertThat(problems("cluster.join = \"a:1\"\ncluster.listen_address = \"0.0.0.0:9081\""))
        .singleElement()
        .asString()
        .contains("nobody reaches this node at 0.0.0.0:9081");
    assertThat(problems("cluster.join = []")).singleElement().asString().contains("no address");
    assertThat(problems("cluster.join = \"a\"")).singleElement().asString().contains("port");
    assertThat(
            problems(
                "cluster.join = \"a:1\"\ncluster.join_read_only = true\ncluster.join_replaces = 2"))
        .singleElement()
        .asString()
        .contains("cluster.join_replaces = 2", "takes nobody's place");
  }

  @Test
  void keysOfTheOriginalForSnapshotsAndMembersComeWithAdvice() {
    assertThat(problems("raft.snapshot.snapshots_dir = \"/tmp\"").getFirst())
        .contains("snapshots are in cluster.db_root_dir");
    assertThat(problems("raft.auto_join.rpc_enable_compression = true").getFirst())
        .contains("use cluster.join");
    assertThat(problems("raft.snapshot.push_queue_size = 5").getFirst()).contains("goes on where");
  }

  @Test
  void variablesAreCheckedLikeTheFile() {
    ConfigException thrown =
        catchThrowableOfType(
            ConfigException.class,
            () ->
                ServerConfig.builder()
                    .environment(
                        Map.of(
                            "DENGINE_CLUSTER_NODE_ID", "2",
                            "DENGINE_CONFIG", "of the command",
                            "DENGINE__CLUSTER__NODEID", "2",
                            "DENGINE__CLUSTER__NODE_ID", "2",
                            "RAFT__CLUSTER__NODE_ID", "3",
                            "DENGINE__LIMITS__MAX_KEY_SIZE", "0"))
                    .set("cluster.listen", "x", "--listen")
                    .build());

    assertThat(thrown.problems())
        .containsExactly(
            "environment variable DENGINE_CLUSTER_NODE_ID: is not read, sections are separated by"
                + " two underscores: did you mean DENGINE__CLUSTER__NODE_ID?",
            "environment variable DENGINE__CLUSTER__NODEID: cluster.nodeid: unknown key, did you"
                + " mean cluster.node_id?",
            "environment variable RAFT__CLUSTER__NODE_ID: cluster.node_id: set by environment"
                + " variable DENGINE__CLUSTER__NODE_ID too, keep one of them",
            "--listen: cluster.listen: unknown key, did you mean cluster.listen_address?",
            "environment variable DENGINE__LIMITS__MAX_KEY_SIZE: limits.max_key_size = \"0\":"
                + " out of range; permitted: 1B to 65535B, for example \"65535B\" or 65535"
                + " (bytes)");
  }

  private List<String> problems(String toml) {
    Path file = folder.resolve("dengine.toml");
    try {
      Files.writeString(file, toml);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    ConfigException thrown =
        catchThrowableOfType(
            ConfigException.class, () -> ServerConfig.builder().file(file).build());
    return thrown.problems().stream()
        .map(line -> line.replace(file.toString(), "dengine.toml"))
        .toList();
  }
}
