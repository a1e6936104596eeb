package dengine.cli;

import dengine.server.config.ServerConfig;
import dengine.server.config.ServerConfigBuilder;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// The options that say how a node is configured; they win over the environment and the file.
final class ConfigOptions {

  static final String VARIABLE = "DENGINE_CONFIG";

  @Option(
      names = {"-c", "--config"},
      paramLabel = "FILE",
      description = "A configuration file in TOML. Otherwise $DENGINE_CONFIG, or the defaults.")
  @Nullable Path config;

  @Option(
      names = {"-d", "--dir"},
      paramLabel = "FOLDER",
      description = "cluster.db_root_dir: where the node's data is. Default: ./data.")
  @Nullable String folder;

  @Option(
      names = "--listen",
      paramLabel = "HOST:PORT",
      description = "cluster.listen_address. Default: 127.0.0.1:9081.")
  @Nullable String listen;

  @Option(
      names = "--node-id",
      paramLabel = "N",
      description = "cluster.node_id: this node's number. Default: 1.")
  @Nullable String nodeId;

  @Option(
      names = "--initial-cluster",
      paramLabel = "ID=HOST:PORT[,...]",
      description = "cluster.initial_cluster: all members. Default: this node alone.")
  @Nullable String initialCluster;

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "Any setting, such as --set raft.persistence.strategy=MemFirst; repeatable.")
  Map<String, String> settings = new LinkedHashMap<>();

  ServerConfig load(Map<String, String> environment) {
    ServerConfigBuilder builder = ServerConfig.builder().environment(environment);
    String variable = environment.getOrDefault(VARIABLE, "");
    if (config != null) {
      builder.file(config);
    } else if (!variable.isBlank()) {
      builder.file(Path.of(variable));
    }
    set(builder, "cluster.db_root_dir", folder, "--dir");
    set(builder, "cluster.listen_address", listen, "--listen");
    set(builder, "cluster.node_id", nodeId, "--node-id");
    set(builder, "cluster.initial_cluster", initialCluster, "--initial-cluster");
    settings.forEach((key, value) -> builder.set(key, value, "--set"));
    return builder.build();
  }

  private static void set(
      ServerConfigBuilder builder, String key, @Nullable String value, String option) {
    if (value != null) {
      builder.set(key, value, option);
    }
  }
}
