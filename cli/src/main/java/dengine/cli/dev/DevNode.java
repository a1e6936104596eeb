package dengine.cli.dev;

import java.nio.file.Path;

/// A node of a development cluster: `node-<id>` in the cluster's folder, with its configuration,
/// data and log.
///
/// @param id its number
/// @param port where it listens on the loopback address
/// @param httpPort where it answers HTTP about its health and metrics, likewise
/// @param folder its own folder
public record DevNode(int id, int port, int httpPort, Path folder) {

  /// Where clients reach it.
  public String address() {
    return "127.0.0.1:" + port;
  }

  /// Where it answers HTTP.
  public String httpAddress() {
    return "127.0.0.1:" + httpPort;
  }

  /// Its configuration; `dengine server --config` starts the node by itself.
  public Path configFile() {
    return folder.resolve("dengine.toml");
  }

  /// What it logged.
  public Path logFile() {
    return folder.resolve("node.log");
  }

  Path data() {
    return folder.resolve("data");
  }
}
