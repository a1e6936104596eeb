package dengine.cli;

import dengine.engine.spi.SnapshotStore;
import dengine.raft.Membership;
import dengine.server.config.ClusterMember;
import dengine.server.config.ConfigException;
import dengine.server.config.ServerConfig;
import dengine.storage.SnapshotFile;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// What the commands that work on files have in common.
final class Offline {

  /// How this command was called, as `bin/dengine` says.
  static final String COMMAND_VARIABLE = "DENGINE_COMMAND";

  private static final SecureRandom RANDOM = new SecureRandom();
  private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9_@%+=:,./-]+");

  private Offline() {}

  /// How facts are printed.
  static final class Output {

    @Option(
        names = {"-o", "--output"},
        paramLabel = "FORMAT",
        description = "table, json or value. Default: table.")
    OutputFormat output = OutputFormat.TABLE;

    /// Prints names and values.
    void print(Surroundings surroundings, Map<String, @Nullable Object> facts) {
      switch (output) {
        case TABLE -> {
          Table table = new Table("WHAT", "VALUE");
          facts.forEach((name, value) -> table.row(name, String.valueOf(value)));
          surroundings.out().print(table);
        }
        case JSON -> surroundings.out().println(Json.of(facts));
        case VALUE ->
            facts.values().forEach(value -> surroundings.out().println(String.valueOf(value)));
      }
    }
  }

  /// A random number that is not 0.
  static long random() {
    long drawn = RANDOM.nextLong();
    while (drawn == 0) {
      drawn = RANDOM.nextLong();
    }
    return drawn;
  }

  static long clusterId(String hex) {
    try {
      long id = Long.parseUnsignedLong(hex, 16);
      if (id != 0) {
        return id;
      }
    } catch (NumberFormatException e) {
      // Told below.
    }
    throw new CommandException(
        ExitCode.USAGE,
        "--cluster-id " + hex + ": permitted: 1 to 16 hexadecimal digits, not all 0");
  }

  /// The members of a new cluster, all with a vote.
  static List<ClusterMember> members(String text, int nodeId) {
    List<ClusterMember> members;
    try {
      members =
          ServerConfig.builder()
              .set("cluster.node_id", Integer.toString(nodeId))
              .set("cluster.initial_cluster", text, "--members")
              .build()
              .members();
    } catch (ConfigException e) {
      throw new CommandException(ExitCode.USAGE, String.valueOf(e.getMessage()));
    }
    if (members.stream().anyMatch(ClusterMember::learner)) {
      throw new CommandException(
          ExitCode.USAGE, "--members " + text + ": learners join when the cluster is there");
    }
    return members;
  }

  /// The command that starts a node on a directory that was made here; it can be pasted into a
  /// shell in the same working directory.
  ///
  /// @param address where others reach the node, and where it is therefore to listen
  static String startWith(
      Surroundings surroundings,
      Path directory,
      int nodeId,
      long cluster,
      String members,
      String address) {
    return Stream.of(
            surroundings.environment().getOrDefault(COMMAND_VARIABLE, "dengine"),
            "server",
            "--dir",
            directory.toString(),
            "--node-id",
            Integer.toString(nodeId),
            "--listen",
            address,
            "--initial-cluster",
            members,
            "--set",
            "cluster.cluster_id=" + Long.toHexString(cluster))
        .map(Offline::quoted)
        .collect(Collectors.joining(" "));
  }

  /// A word as a shell takes it for itself.
  static String quoted(String word) {
    return PLAIN.matcher(word).matches() ? word : "'" + word.replace("'", "'\\''") + "'";
  }

  static Map<String, @Nullable Object> describe(SnapshotFile file) {
    SnapshotStore.Snapshot snapshot = file.snapshot();
    return Json.object(
        "cluster_id",
        Long.toHexString(file.clusterId()),
        "index",
        snapshot.point().position().index(),
        "term",
        snapshot.point().position().term(),
        "members",
        members(snapshot.point().membership()),
        "bytes",
        snapshot.bytes(),
        "created",
        Instant.ofEpochMilli(snapshot.createdMillis()).toString());
  }

  /// Members for people: `1=host:port,2=host:port:learner`.
  static String members(Membership membership) {
    StringBuilder text = new StringBuilder();
    for (int id : membership.members()) {
      text.append(text.isEmpty() ? "" : ",")
          .append(id)
          .append('=')
          .append(membership.member(id).address())
          .append(membership.isVoter(id) ? "" : ":learner");
    }
    return text.toString();
  }
}
