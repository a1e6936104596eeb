package dengine.engine;

import dengine.engine.spi.Clock;
import dengine.engine.spi.Execution;
import dengine.engine.spi.MetaStore;
import dengine.engine.spi.StateMachine;
import dengine.engine.spi.StorageEngine;
import dengine.engine.spi.StorageException;
import dengine.engine.spi.Transport;
import dengine.raft.Membership;
import dengine.raft.Message;
import java.util.Objects;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/// Puts a [Node] together:
///
/// ```java
/// Node node = new NodeBuilder(identity, Membership.of(1, 2, 3))
///     .storage(storage).stateMachine(machine).transport(transport).start();
/// ```
public final class NodeBuilder {

  /// What a node is made of.
  record Parts(
      MetaStore.Identity identity,
      Membership membership,
      StorageEngine storage,
      StateMachine stateMachine,
      Transport transport,
      NodeOptions options,
      Clock clock,
      Execution execution,
      RandomGenerator random) {}

  private final MetaStore.Identity identity;
  private final Membership membership;
  private @Nullable StorageEngine storage;
  private @Nullable StateMachine stateMachine;
  private @Nullable Transport transport;
  private NodeOptions options = NodeOptions.DEFAULT;
  private Clock clock = Clock.SYSTEM;
  private Execution execution = Execution.THREADS;
  private RandomGenerator random = new java.util.SplittableRandom();

  /// @param identity who the node is
  /// @param membership the cluster's configuration; contains the node
  public NodeBuilder(MetaStore.Identity identity, Membership membership) {
    this.identity = identity;
    this.membership = membership;
    if (!membership.members().contains(identity.nodeId())) {
      throw new IllegalArgumentException(
          "node " + identity.nodeId() + " is not among the members " + membership.members());
    }
  }

  /// Where log and identity are kept. Required.
  public NodeBuilder storage(StorageEngine engine) {
    this.storage = engine;
    return this;
  }

  /// What is replicated. Required.
  public NodeBuilder stateMachine(StateMachine machine) {
    this.stateMachine = machine;
    return this;
  }

  /// How the other members are reached. Required unless the node is the only member.
  public NodeBuilder transport(Transport network) {
    this.transport = network;
    return this;
  }

  /// How the node runs; [NodeOptions#DEFAULT] if not called.
  public NodeBuilder options(NodeOptions how) {
    this.options = how;
    return this;
  }

  /// Where time comes from; the machine's clock if not called.
  public NodeBuilder clock(Clock source) {
    this.clock = source;
    return this;
  }

  /// What its work runs on; threads if not called.
  public NodeBuilder execution(Execution runs) {
    this.execution = runs;
    return this;
  }

  /// Where randomised timeouts come from.
  public NodeBuilder random(RandomGenerator source) {
    this.random = source;
    return this;
  }

  /// Starts the node. On a new data directory its identity is written down first.
  ///
  /// @throws StorageException if the storage belongs to another node or cluster
  public Node start() {
    StorageEngine engine = Objects.requireNonNull(storage, "storage is required");
    Optional<MetaStore.Identity> found = engine.meta().identity();
    if (found.isEmpty()) {
      engine.meta().establish(identity, 1);
    } else if (!found.get().equals(identity)) {
      throw new IllegalStateException(
          "the storage belongs to " + found.get() + ", not " + identity);
    }
    if (transport == null && membership.members().size() > 1) {
      throw new IllegalStateException("a node with peers needs a transport");
    }
    Node node =
        new Node(
            new Parts(
                identity,
                membership,
                engine,
                Objects.requireNonNull(stateMachine, "stateMachine is required"),
                transport == null ? new NoPeers() : transport,
                options,
                clock,
                execution,
                random));
    node.start();
    return node;
  }

  /// The transport of a node that is alone.
  private static final class NoPeers implements Transport {
    @Override
    public void start(Receiver receiver) {}

    @Override
    public void send(int to, Message message) {
      throw new IllegalStateException("node " + to + " is not a member");
    }

    @Override
    public void close() {}
  }
}
