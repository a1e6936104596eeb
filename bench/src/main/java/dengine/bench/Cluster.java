package dengine.bench;

import dengine.embedded.EmbeddedClient;
import dengine.embedded.EmbeddedEngine;
import dengine.embedded.EngineConfig;
import dengine.embedded.MemberAddress;
import dengine.engine.Persistence;
import dengine.raft.RaftOptions;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/// A cluster of our engine whose node 1 leads and runs in this process.
final class Cluster implements AutoCloseable {

  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final Path dir;
  private final EmbeddedEngine leader;
  private final List<Child> children = new ArrayList<>();
  private final List<EmbeddedEngine> others = new ArrayList<>();

  private Cluster(Path dir, EmbeddedEngine leader) {
    this.dir = dir;
    this.leader = leader;
  }

  /// What an acknowledgement rests on.
  enum Durability {
    DISK,
    PAGE_CACHE;

    Persistence persistence() {
      return switch (this) {
        case DISK -> new Persistence.DiskFirst();
        case PAGE_CACHE -> new Persistence.MemFirst(Duration.ofMillis(100));
      };
    }
  }

  /// A node that is alone.
  static Cluster single(Options options, Durability durability) throws IOException {
    Path dir = Files.createTempDirectory(options.dir(), "bench");
    EngineConfig config =
        EngineConfig.of(dir.resolve("1")).withPersistence(durability.persistence());
    Cluster cluster = new Cluster(dir, EmbeddedEngine.start(config));
    cluster.leader.waitReady(PATIENCE);
    return cluster;
  }

  /// Three nodes that talk over loopback; the followers are processes of their own.
  static Cluster three(Options options, Durability durability) throws IOException {
    Path dir = Files.createTempDirectory(options.dir(), "bench");
    String addresses = freeAddresses(3);
    List<Child> children = new ArrayList<>();
    List<EmbeddedEngine> others = new ArrayList<>();
    for (int id = 2; id <= 3; id++) {
      if (options.inJvm()) {
        others.add(
            EmbeddedEngine.start(config(id, addresses, dir, durability, options.election())));
      } else {
        children.add(NodeMain.start(id, addresses, dir, durability, options.election()));
      }
    }
    Cluster cluster =
        new Cluster(
            dir, EmbeddedEngine.start(config(1, addresses, dir, durability, options.election())));
    cluster.children.addAll(children);
    cluster.others.addAll(others);
    cluster.lead();
    return cluster;
  }

  static EngineConfig config(
      int id, String addresses, Path dir, Durability durability, Duration election) {
    List<MemberAddress> members = new ArrayList<>();
    for (String address : addresses.split(",", -1)) {
      members.add(MemberAddress.voter(members.size() + 1, address));
    }
    return EngineConfig.of(id, members, dir.resolve(Integer.toString(id)))
        .withClusterId(1)
        .withRaft(RaftOptions.DEFAULT.withTiming(election, election.dividedBy(4)))
        .withPersistence(durability.persistence());
  }

  /// Ports that are free now, as addresses with commas between them.
  static String freeAddresses(int number) throws IOException {
    List<ServerSocket> sockets = new ArrayList<>();
    try {
      List<String> addresses = new ArrayList<>();
      for (int i = 0; i < number; i++) {
        ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        sockets.add(socket);
        addresses.add("127.0.0.1:" + socket.getLocalPort());
      }
      return String.join(",", addresses);
    } finally {
      for (ServerSocket socket : sockets) {
        socket.close();
      }
    }
  }

  EmbeddedEngine leader() {
    return leader;
  }

  EmbeddedClient client() {
    return leader.client();
  }

  /// Processor time of the followers' processes so far.
  Duration followersCpu() {
    return children.stream().map(Child::cpu).reduce(Duration.ZERO, Duration::plus);
  }

  /// The same load, run when node 1 leads.
  Side.Load led(Side.Load load) {
    return time -> {
      lead();
      return load.run(time);
    };
  }

  /// Waits until node 1 leads, which whoever leads is asked to bring about.
  private void lead() throws IOException {
    leader.waitReady(PATIENCE);
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (!leader.isLeader()) {
      if (System.nanoTime() > end) {
        throw new IOException("node 1 does not come to lead");
      }
      for (Child child : children) {
        child.ask("yield");
      }
      others.forEach(NodeMain::yieldTo1);
      leader.waitReady(PATIENCE);
    }
  }

  @Override
  public void close() throws IOException {
    leader.close();
    others.forEach(EmbeddedEngine::close);
    for (Child child : children) {
      child.close();
    }
    delete(dir);
  }

  static void delete(Path dir) throws IOException {
    try (Stream<Path> files = Files.walk(dir)) {
      for (Path path : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }
}
