package dengine.cli.dev;

import dengine.server.config.ConfigException;
import dengine.server.config.HostPort;
import dengine.server.config.ServerConfig;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// The folder of a development cluster. A second cluster in the same folder has the same nodes at
/// the same ports with the same data.
public final class DevFolder {

  private static final String PREFIX = "node-";

  /// What a node has in its data directory, `docs/storage.md`.
  private static final Pattern OF_A_NODE =
      Pattern.compile("IDENTITY.*|LOCK|log-.*\\.seg|snapshot-.*\\.snap");

  /// Which command that was cannot be told from the folder: without its number and its members a
  /// node of a larger cluster is refused.
  private static final String AS_BEFORE = " start the node with the command it was started with";

  private final Path path;

  /// @param path the folder; need not exist
  public DevFolder(Path path) {
    this.path = path.toAbsolutePath().normalize();
  }

  public Path path() {
    return path;
  }

  /// The nodes, as an earlier cluster left them here, or new ones at free ports. Writes each one's
  /// configuration.
  ///
  /// @param count how many; 0 for as many as there are, or 3
  /// @throws IllegalArgumentException if another number of nodes is here already
  /// @throws IOException if the folder cannot be used, or a node of it runs
  public List<DevNode> prepare(int count) throws IOException {
    List<DevNode> nodes = List.of();
    if (Files.exists(path)) {
      nodes = existing();
      if (nodes.isEmpty()) {
        refuseOneNodes();
      }
    } else {
      Files.createDirectories(path);
    }
    if (nodes.isEmpty()) {
      return written(fresh(count == 0 ? 3 : count));
    }
    if (count != 0 && count != nodes.size()) {
      throw new IllegalArgumentException(
          path
              + " holds a cluster of "
              + nodes.size()
              + " nodes: leave --nodes out, or choose another folder");
    }
    refuseIfOneRuns(nodes);
    return written(again(nodes));
  }

  private static List<DevNode> written(List<DevNode> nodes) throws IOException {
    for (DevNode node : nodes) {
      write(node, nodes);
    }
    return nodes;
  }

  /// What is started then would look like this cluster, and be the other one.
  private void refuseIfOneRuns(List<DevNode> nodes) throws IOException {
    for (DevNode node : nodes) {
      if (isInUse(node.data().resolve("LOCK"))) {
        throw new IOException(
            ("node %d of %s runs already, at %s; nothing was changed: stop it, or choose another"
                    + " folder")
                .formatted(node.id(), path, node.address()));
      }
    }
  }

  /// A cluster beside the data of somebody's node would look as if that data were gone.
  private void refuseOneNodes() throws IOException {
    List<String> names;
    try (Stream<Path> children = Files.list(path)) {
      names = children.map(child -> child.getFileName().toString()).sorted().toList();
    }
    Optional<String> data =
        names.stream().filter(name -> OF_A_NODE.matcher(name).matches()).findFirst();
    if (data.isPresent()) {
      throw new IOException(
          path
              + " is the data directory of one node (it has "
              + data.get()
              + "), not of a development cluster; nothing was changed. Choose another folder, or"
              + AS_BEFORE);
    }
    if (names.contains("dengine.toml")) {
      throw new IOException(
          path
              + " is the folder of one node (it has dengine.toml); nothing was changed. Choose"
              + " another folder, or"
              + AS_BEFORE);
    }
  }

  private List<DevNode> existing() throws IOException {
    if (!Files.isDirectory(path)) {
      throw new IOException(path + " is a file: choose a folder");
    }
    List<DevNode> nodes = new ArrayList<>();
    try (Stream<Path> children = Files.list(path)) {
      for (Path folder : children.sorted().toList()) {
        Path file = folder.resolve("dengine.toml");
        if (folder.getFileName().toString().startsWith(PREFIX) && Files.exists(file)) {
          nodes.add(read(folder, file));
        }
      }
    }
    nodes.sort(Comparator.comparingInt(DevNode::id));
    return nodes;
  }

  private static boolean isInUse(Path lock) throws IOException {
    if (!Files.exists(lock)) {
      return false;
    }
    try (FileChannel file = FileChannel.open(lock, StandardOpenOption.WRITE);
        FileLock taken = file.tryLock()) {
      return taken == null;
    } catch (OverlappingFileLockException e) {
      return true;
    }
  }

  private static DevNode read(Path folder, Path file) throws IOException {
    try {
      ServerConfig config = ServerConfig.builder().file(file).build();
      int http = config.httpAddress().map(HostPort::port).orElse(0);
      return new DevNode(config.nodeId(), config.listenAddress().port(), http, folder);
    } catch (ConfigException e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  private List<DevNode> fresh(int count) throws IOException {
    try (FreePorts free = new FreePorts()) {
      List<DevNode> nodes = new ArrayList<>();
      for (int id = 1; id <= count; id++) {
        nodes.add(new DevNode(id, free.take(0), free.take(0), path.resolve(PREFIX + id)));
      }
      return nodes;
    }
  }

  /// The same nodes at the same ports, but for those of HTTP that somebody else has taken since, or
  /// that there were none of when the folder was made.
  private static List<DevNode> again(List<DevNode> before) throws IOException {
    try (FreePorts free = new FreePorts()) {
      for (DevNode node : before) {
        free.take(node.port()); // nobody's for HTTP, whoever has it
      }
      List<DevNode> nodes = new ArrayList<>();
      for (DevNode node : before) {
        int http = free.take(node.httpPort());
        nodes.add(new DevNode(node.id(), node.port(), http, node.folder()));
      }
      return nodes;
    }
  }

  private static void write(DevNode node, List<DevNode> all) throws IOException {
    Files.createDirectories(node.folder());
    String members =
        all.stream()
            .map(n -> "  { id = " + n.id() + ", address = \"" + n.address() + "\" },\n")
            .collect(Collectors.joining());
    Files.writeString(
        node.configFile(),
        """
        # Written by 'dengine dev'; 'dengine server --config' with this file starts the node alone.
        [cluster]
        node_id = %d
        listen_address = "%s"
        db_root_dir = "%s"
        initial_cluster = [
        %s]

        [monitoring]
        http_address = "%s"
        """
            .formatted(
                node.id(),
                node.address(),
                node.data().toString().replace("\\", "\\\\").replace("\"", "\\\""),
                members,
                node.httpAddress()));
  }

  /// What to say of a node that runs although the cluster has ended; empty if none does.
  public Optional<String> stillRunning() throws IOException {
    for (DevNode node : existing()) {
      if (isInUse(node.data().resolve("LOCK"))) {
        return Optional.of(
            "node %d was started by hand and still runs at %s"
                .formatted(node.id(), node.address()));
      }
    }
    return Optional.empty();
  }

  /// Deletes the folder and everything in it.
  ///
  /// @throws IOException also if a node still uses its data: somebody started it again by hand, and
  ///     it would go on acknowledging writes into files that nobody can find
  public void delete() throws IOException {
    if (!Files.exists(path)) {
      return;
    }
    Optional<String> running = stillRunning();
    if (running.isPresent()) {
      throw new IOException(running.get() + "; its data is kept: stop it, then delete " + path);
    }
    List<Path> deepestFirst;
    try (Stream<Path> all = Files.walk(path)) {
      deepestFirst = all.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path each : deepestFirst) {
      Files.deleteIfExists(each);
    }
  }
}
