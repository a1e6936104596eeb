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
import java.util.List;
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
      RandomGenerator random,
      String address) {}

  private final MetaStore.Identity identity;
  private final Membership membership;
  private @Nullable StorageEngine storage;
  private @Nullable StateMachine stateMachine;
  private @Nullable Transport transport;
  private NodeOptions options = NodeOptions.DEFAULT;
  private Clock clock = Clock.SYSTEM;
  private Execution execution = Execution.THREADS;
  private RandomGenerator random = new java.util.SplittableRandom();

  private @Nullable String address;

  /// A node that founds a cluster with others, or alone. Once it has done so, or has taken part in
  /// any other way, its disk knows better who the members are.
  ///
  /// @param identity who the node is
  /// @param initial all who found the cluster, the same on each of them, with their addresses;
  ///     contains the node. [Membership#NONE] for a node that joins a cluster that is there
  public NodeBuilder(MetaStore.Identity identity, Membership initial) {
    this.identity = identity;
    this.membership = initial;
    if (initial.isJoint()) {
      throw new IllegalArgumentException("a cluster is not founded by a joint configuration");
    }
    if (!initial.equals(Membership.NONE) && !initial.members().contains(identity.nodeId())) {
      throw new IllegalArgumentException(
          "node " + identity.nodeId() + " is not among the members " + initial.members());
    }
  }

  /// A node that joins a cluster that is there: it takes part once a member has added it.
  public static NodeBuilder joining(MetaStore.Identity identity) {
    return new NodeBuilder(identity, Membership.NONE);
  }

  /// Where others reach this node; what the initial members say of it if not called.
  public NodeBuilder address(String reachedAt) {
    this.address = reachedAt;
    return this;
  }

  /// Where log, snapshots and identity are kept. Required.
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

  /// Starts the node. On a new data directory its identity is written down first; otherwise the
  /// state machine gets the newest snapshot, if it is not as far itself, which takes as long as
  /// reading it does. A state that does not go with the log, because it is ahead of it or of
  /// another history, is discarded and built again, if the machine can do that
  /// ([StateMachine#discard]). When this throws, what it was given is still the caller's to close.
  ///
  /// @throws StorageException if the storage refuses, is damaged, or if its parts and the state
  ///     machine contradict each other
  /// @throws IllegalStateException if the storage belongs to another node or cluster
  public Node start() {
    StorageEngine engine = Objects.requireNonNull(storage, "storage is required");
    Optional<MetaStore.Identity> found = engine.meta().identity();
    if (found.isEmpty()) {
      engine.meta().establish(identity, incarnation());
    } else if (!found.get().equals(identity)) {
      throw new IllegalStateException(
          "the storage belongs to " + found.get() + ", not " + identity);
    } else if (engine.meta().restored().isPresent()) {
      engine.meta().reincarnate(incarnation());
    }
    if (transport == null && !isAlone(engine.meta().restored().orElse(membership))) {
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
                random,
                address == null ? membership.member(identity.nodeId()).address() : address));
    node.start();
    return node;
  }

  private boolean isAlone(Membership members) {
    return members.members().equals(List.of(identity.nodeId()));
  }

  /// 0 means that there is none.
  private long incarnation() {
    long drawn = random.nextLong();
    while (drawn == 0) {
      drawn = random.nextLong();
    }
    return drawn;
  }

  /// The transport of a node that is alone. Others may become members, and are not reached.
  private static final class NoPeers implements Transport {
    @Override
    public void start(Receiver receiver) {}

    @Override
    public void send(int to, Message message) {}

    @Override
    public void close() {}
  }
}
