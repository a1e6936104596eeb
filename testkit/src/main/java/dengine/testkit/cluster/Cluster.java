package dengine.testkit.cluster;

import dengine.api.Client;
import dengine.api.ClosedException;
import dengine.api.EngineStoppedException;
import dengine.api.RejectedException;
import dengine.embedded.EmbeddedEngine;
import dengine.embedded.EngineConfig;
import dengine.embedded.MemberAddress;
import dengine.storage.Disk;
import dengine.storage.StorageOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/// Several engines in this JVM over a [MemoryNetwork], each with a directory of its own.
///
/// Nodes are numbered from 1. For any number of threads, as long as each node is started and
/// stopped by one of them.
public final class Cluster implements AutoCloseable {

  /// Longest wait for a leader, for convergence and for a call.
  public static final Duration PATIENCE = Duration.ofSeconds(20);

  private static final long CLUSTER_ID = 0xC1A5_7E57L;
  private static final long POLL_NANOS = 1_000_000;

  private record Running(EmbeddedEngine engine, CrashableDisk disk) {}

  /// How the engines are set up, before they start.
  public static final class Setup {

    private final int size;
    private UnaryOperator<EngineConfig> config = UnaryOperator.identity();
    private StorageOptions storage = StorageOptions.DEFAULT.withSegmentBytes(1 << 20);

    private Setup(int size) {
      this.size = size;
    }

    /// Changes what every engine is configured with.
    public Setup config(UnaryOperator<EngineConfig> change) {
      this.config = change;
      return this;
    }

    /// Lays out the logs like this instead of in segments of one mebibyte.
    public Setup storage(StorageOptions options) {
      this.storage = options;
      return this;
    }

    /// Starts all nodes, with their data in folders of this directory; what is there already is
    /// used.
    public Cluster start(Path directory) {
      Cluster cluster = new Cluster(this, directory);
      try {
        cluster.nodes().forEach(cluster::start);
      } catch (RuntimeException failure) {
        cluster.close();
        throw failure;
      }
      return cluster;
    }
  }

  private final Setup setup;
  private final Path directory;
  private final MemoryNetwork network = new MemoryNetwork();
  private final List<MemberAddress> members = new ArrayList<>();
  private final Map<Integer, Running> running = new ConcurrentHashMap<>();

  private Cluster(Setup setup, Path directory) {
    this.setup = setup;
    this.directory = directory;
    for (int id = 1; id <= setup.size; id++) {
      members.add(MemberAddress.voter(id, "node-" + id + ":0"));
    }
  }

  /// A cluster of this many voters.
  public static Setup of(int size) {
    return new Setup(size);
  }

  /// The numbers of all nodes, running or not.
  public List<Integer> nodes() {
    return members.stream().map(MemberAddress::id).toList();
  }

  /// Whether a node was started and neither stopped nor crashed since.
  public boolean isRunning(int node) {
    return running.containsKey(node);
  }

  /// What lies between the nodes.
  public MemoryNetwork network() {
    return network;
  }

  /// A running node.
  public EmbeddedEngine engine(int node) {
    Running present = running.get(node);
    if (present == null) {
      throw new IllegalStateException("node " + node + " does not run");
    }
    return present.engine();
  }

  /// Starts a node on what its directory holds.
  public void start(int node) {
    CrashableDisk disk = new CrashableDisk(Disk.system());
    EngineConfig config =
        EngineConfig.of(node, members, directory.resolve("node-" + node)).withClusterId(CLUSTER_ID);
    EmbeddedEngine engine =
        EmbeddedEngine.builder(setup.config.apply(config))
            .storageOptions(setup.storage.withDisk(disk))
            .transport(network.attach(node))
            .start();
    running.put(node, new Running(engine, disk));
  }

  /// Stops a node gracefully.
  public void stop(int node) {
    EmbeddedEngine engine = engine(node);
    running.remove(node);
    engine.close();
  }

  /// Kills a node: nothing it does from now on reaches its disk or the others. Returns when the
  /// rest of it has ended, so that it may be started again.
  public void crash(int node) {
    Running victim = running.remove(node);
    if (victim == null) {
      throw new IllegalStateException("node " + node + " does not run");
    }
    for (int other : nodes()) {
      network.oneWay(node, other, MemoryNetwork.Condition.BLOCKED);
    }
    victim.disk().crash();
    victim.engine().close();
    for (int other : nodes()) {
      network.oneWay(node, other, MemoryNetwork.Condition.GOOD);
    }
  }

  /// The node that leads and serves now, as it sees itself; of several the one with the highest
  /// term.
  public Optional<Integer> leader() {
    TreeMap<Long, Integer> byTerm = new TreeMap<>();
    running.forEach(
        (node, present) -> {
          if (present.engine().isLeader()) {
            byTerm.put(present.engine().node().role().term(), node);
          }
        });
    return Optional.ofNullable(byTerm.lastEntry()).map(Map.Entry::getValue);
  }

  /// Waits until a node leads and serves.
  public int awaitLeader() {
    await("a leader", () -> leader().isPresent());
    return leader().orElseGet(this::awaitLeader);
  }

  /// Waits until all running nodes have applied the same, without anybody writing meanwhile.
  public void awaitConvergence() {
    await(
        "convergence",
        () ->
            running.values().stream()
                    .map(present -> present.engine().node().appliedIndex())
                    .distinct()
                    .count()
                == 1);
  }

  /// Asks the leader, and another node whenever the one asked refuses, until [#PATIENCE] ends. Only
  /// refusals are tried again: an unknown outcome is the caller's to judge.
  public <T> T call(Function<Client, T> request) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    RejectedException last = null;
    while (System.nanoTime() < deadline) {
      EmbeddedEngine engine = someLeader();
      if (engine != null) {
        try {
          return request.apply(engine.client());
        } catch (RejectedException refused) {
          last = refused;
        } catch (ClosedException | EngineStoppedException e) {
          // Stopped between the choice and the call. If it was in flight, its outcome is unknown.
          throw e;
        }
      }
      LockSupport.parkNanos(POLL_NANOS);
    }
    throw new AssertionError("no node answered within " + PATIENCE, last);
  }

  private @Nullable EmbeddedEngine someLeader() {
    return leader().map(running::get).map(Running::engine).orElse(null);
  }

  /// Waits until something holds.
  public static void await(String what, BooleanSupplier holds) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!holds.getAsBoolean()) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError("no " + what + " within " + PATIENCE);
      }
      try {
        TimeUnit.NANOSECONDS.sleep(POLL_NANOS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new AssertionError("interrupted while waiting for " + what, e);
      }
    }
  }

  @Override
  public void close() {
    for (int node : List.copyOf(running.keySet())) {
      stop(node);
    }
  }
}
