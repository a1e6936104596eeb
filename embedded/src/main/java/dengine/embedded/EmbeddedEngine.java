package dengine.embedded;

import dengine.api.Admin;
import dengine.api.ClusterUnavailableException;
import dengine.api.Leader;
import dengine.api.Lifecycle;
import dengine.api.RejectedException;
import dengine.engine.Condition;
import dengine.engine.Node;
import dengine.engine.NodeBuilder;
import dengine.engine.NodeException;
import dengine.engine.NodeOptions;
import dengine.engine.NodeStatus;
import dengine.engine.spi.Clock;
import dengine.engine.spi.Execution;
import dengine.engine.spi.MetaStore;
import dengine.engine.spi.StorageEngine;
import dengine.engine.spi.StorageException;
import dengine.engine.spi.Transport;
import dengine.grpc.ClientServices;
import dengine.grpc.GrpcTransport;
import dengine.grpc.ServiceOptions;
import dengine.kv.KeyValueStore;
import dengine.kv.KvStore;
import dengine.kv.watch.WatchActivity;
import dengine.kv.watch.Watches;
import dengine.storage.FileStorageEngine;
import dengine.storage.StorageOptions;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/// The engine inside an application:
///
/// ```java
/// try (EmbeddedEngine engine = EmbeddedEngine.start(Path.of("data"))) {
///   engine.waitReady(Duration.ofSeconds(5));
///   engine.client().put("greeting", "hello");
/// }
/// ```
///
/// A node without an address opens no port; any other listens at it. The engine
/// stops by itself when its disk fails: see [#terminated]. It never exits the process, nor keeps it
/// from ending. One that is lost without [#close] is reported in the log.
public final class EmbeddedEngine implements AutoCloseable {

  private final EngineConfig config;
  private final Optional<StorageOptions> files;
  private final Node node;
  private final KeyValueStore store;
  private final Watches watches;
  private final Members members;
  private final EmbeddedClient client;

  private final Ending ending;

  private EmbeddedEngine(
      EngineConfig config,
      Optional<StorageOptions> files,
      Node node,
      KeyValueStore store,
      Watches watches,
      @Nullable GrpcTransport own) {
    this.config = config;
    this.files = files;
    this.node = node;
    this.store = store;
    this.watches = watches;
    this.members = new Members(node, config.members(), config.raft().electionTimeout());
    this.ending = new Ending(node);
    // It holds this engine, so that nobody has to hold both.
    this.client = client(this::close);
    // However it ends, those who watch are told what was applied, and that nothing follows.
    var _ = node.terminated().whenComplete((_, _) -> watches.close());
    if (own != null) {
      ending.serves(
          ClientServices.forMembers(
              own,
              client(ending::close),
              admin(),
              lifecycle(),
              node::status,
              ServiceOptions.DEFAULT));
    }
    ending.watch(this);
  }

  private EmbeddedClient client(Runnable onClose) {
    return new EmbeddedClient(node, store, watches, members, config.deadline(), onClose);
  }

  /// Starts a node that is alone, with its data in this directory.
  ///
  /// @throws StorageException if the directory cannot be used; the message says why and what to do
  public static EmbeddedEngine start(Path dataDir) {
    return start(EngineConfig.of(dataDir));
  }

  /// Starts a node.
  ///
  /// @throws StorageException if the directory cannot be used; the message says why and what to do
  /// @throws UncheckedIOException if the node's address cannot be listened on
  public static EmbeddedEngine start(EngineConfig config) {
    return builder(config).start();
  }

  /// Starts with parts of one's own.
  public static Builder builder(EngineConfig config) {
    return new Builder(config);
  }

  /// The store. Closing it closes the engine.
  public EmbeddedClient client() {
    return client;
  }

  /// What operators do: members, leadership, snapshots. With the configured deadline.
  public Admin admin() {
    return new EmbeddedAdmin(node, members, new Failures(members), config.deadline());
  }

  /// What becomes of this node: when it serves, who leads, when it stops.
  public Lifecycle lifecycle() {
    return new EmbeddedLifecycle(node, members);
  }

  /// The same configuration with the number of the cluster: of a node that is alone, the one its
  /// data is of, or a new one, drawn at random; a node that joins a cluster for the first time asks
  /// a member. Others get their own configuration back.
  ///
  /// @throws ClusterUnavailableException if no member answers in time
  /// @throws StorageException if the directory cannot be used
  public static EngineConfig located(EngineConfig config) {
    return Entrance.locate(config, null, StorageOptions.DEFAULT, new SecureRandom());
  }

  /// Waits until the cluster serves: a leader is known, and if it is this node, it has applied
  /// everything its predecessors committed.
  ///
  /// @throws ClusterUnavailableException if that takes longer
  public Leader waitReady(Duration timeout) {
    try {
      Condition ready = node.waitReady(timeout);
      return new Leader(ready.leader(), members.address(ready.leader()), ready.term());
    } catch (NodeException failure) {
      throw new Failures(members).of(failure);
    }
  }

  /// The present leader, if known and serving.
  public Optional<Leader> leader() {
    return members.leader();
  }

  /// Whether this node leads and has applied everything that was committed before its term.
  public boolean isLeader() {
    return node.isLeading();
  }

  /// This node's number.
  public int nodeId() {
    return node.id();
  }

  /// How this engine was set up.
  public EngineConfig config() {
    return config;
  }

  /// How the files in the data directory are laid out; empty if the storage is somebody's own.
  Optional<StorageOptions> files() {
    return files;
  }

  /// A snapshot for operators.
  public NodeStatus status() {
    return node.status();
  }

  /// The node below.
  public Node node() {
    return node;
  }

  /// The state machine below, for reading what this node has applied.
  public KeyValueStore store() {
    return store;
  }

  /// What this node does for those who watch keys.
  public WatchActivity watchActivity() {
    return watches.activity();
  }

  /// Hands leadership to another voter.
  ///
  /// @param to the voter, or 0 for the one with the most of the log
  public void transferLeadership(int to) {
    admin().transferLeadership(to);
  }

  /// Completes when the engine has stopped: normally after [#close], exceptionally with the cause
  /// if it stopped by itself.
  public CompletableFuture<Void> terminated() {
    return node.terminated();
  }

  /// Stops gracefully: calls in flight finish, leadership is handed over, the log is synced, files
  /// and ports are released. Waits until that is done.
  @Override
  public void close() {
    ending.close();
    if (node.terminated().isDone()) {
      watches.close(); // who else does may not be done
    }
  }

  /// An engine with parts of one's own.
  public static final class Builder {

    private final EngineConfig config;
    private StorageOptions storageOptions = StorageOptions.DEFAULT;
    private @Nullable StorageEngine storage;
    private @Nullable KeyValueStore store;
    private @Nullable Transport transport;
    private Clock clock = Clock.SYSTEM;
    private Execution execution = Execution.THREADS;
    private RandomGenerator random = new SplittableRandom();
    private boolean asks = true;

    private Builder(EngineConfig config) {
      this.config = config;
    }

    /// Another storage than files in the data directory. If it was opened for a certain cluster,
    /// the configuration must say which.
    public Builder storage(StorageEngine engine) {
      this.storage = engine;
      return this;
    }

    /// Another key-value store than the one in memory, such as `RocksStore` of `dengine-rocksdb`.
    /// It must have the limits of the configuration. The engine closes it.
    public Builder store(KeyValueStore machine) {
      this.store = machine;
      return this;
    }

    /// How the files in the data directory are laid out.
    public Builder storageOptions(StorageOptions options) {
      this.storageOptions = options;
      return this;
    }

    /// Another transport than gRPC at this node's address. The engine closes it.
    public Builder transport(Transport network) {
      this.transport = network;
      return this;
    }

    /// Where the node takes the time from; the machine's clock if not called.
    public Builder clock(Clock source) {
      this.clock = source;
      return this;
    }

    /// What the node's work runs on; threads if not called.
    public Builder execution(Execution runs) {
      this.execution = runs;
      return this;
    }

    /// Where the node's randomised timeouts come from.
    public Builder random(RandomGenerator source) {
      this.random = source;
      return this;
    }

    /// Does not ask the members of the cluster to take in a node that joins it: somebody else adds
    /// it, sooner or later, and until then it waits.
    public Builder addedByOthers() {
      this.asks = false;
      return this;
    }

    /// Starts the node. If that fails, the parts it was given are closed.
    ///
    /// @throws StorageException if the directory cannot be used; the message says why and what to
    ///     do
    /// @throws IllegalArgumentException if a store was given that has other limits than the
    ///     configuration
    /// @throws UncheckedIOException if the node's address cannot be listened on
    /// @throws ClusterUnavailableException if the node is to join a cluster and no member took it
    ///     in, in time
    /// @throws RejectedException if the cluster refuses it
    public EmbeddedEngine start() {
      StorageEngine engine = storage;
      Transport network = transport;
      KeyValueStore machine = store;
      Node node = null;
      try {
        if (machine == null) {
          machine = new KvStore(config.limits());
        } else if (!machine.limits().equals(config.limits())) {
          throw new IllegalArgumentException(
              "store with " + machine.limits() + ", but configured are " + config.limits());
        }
        EngineConfig located = Entrance.locate(config, engine, storageOptions, random);
        MetaStore.Identity identity =
            new MetaStore.Identity(located.effectiveClusterId(), located.nodeId());
        if (engine == null) {
          engine = FileStorageEngine.open(located.dataDir(), identity, storageOptions);
        }
        GrpcTransport own = null;
        if (network == null && !located.self().address().isEmpty()) {
          own = Setup.listen(config, identity);
          network = own;
        }
        Watches watches = watches(located, machine);
        node = node(located, identity, engine, machine, network).start();
        Optional<StorageOptions> files =
            storage == null ? Optional.of(storageOptions) : Optional.empty();
        EmbeddedEngine started = new EmbeddedEngine(located, files, node, machine, watches, own);
        if (asks) {
          started.members.met(Entrance.enter(located, node, engine, network));
        }
        return started;
      } catch (RuntimeException failure) {
        if (node != null) {
          // It closes what it was built with.
          node.close();
        } else {
          Setup.release(network, engine, machine);
        }
        throw failure;
      }
    }

    private Watches watches(EngineConfig located, KeyValueStore machine) {
      Watches watches =
          new Watches(
              "dengine-" + located.nodeId() + "-watch",
              located.watch(),
              machine.revision(),
              clock,
              execution,
              random);
      machine.tell(watches.recorder());
      return watches;
    }

    private NodeBuilder node(
        EngineConfig located,
        MetaStore.Identity identity,
        StorageEngine engine,
        KeyValueStore machine,
        @Nullable Transport network) {
      NodeBuilder builder =
          new NodeBuilder(identity, located.membership())
              .address(located.self().address())
              .storage(engine)
              .stateMachine(machine)
              .clock(clock)
              .execution(execution)
              .random(random)
              .options(
                  NodeOptions.DEFAULT
                      .withRaft(located.raft())
                      .withPersistence(located.persistence())
                      .withSnapshots(located.snapshots()));
      return network == null ? builder : builder.transport(network);
    }
  }
}
