package dengine.engine;

import dengine.engine.spi.Clock;
import dengine.engine.spi.Execution;
import dengine.engine.spi.MetaStore;
import dengine.engine.spi.SnapshotStore;
import dengine.engine.spi.StorageEngine;
import dengine.engine.spi.Transport;
import dengine.raft.Event;
import dengine.raft.MembershipChange;
import dengine.raft.Message;
import dengine.raft.Raft;
import dengine.raft.Refusal;
import dengine.raft.RoleChange;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// One member of a cluster: replicates commands into a [dengine.engine.spi.StateMachine]. Made by
/// [NodeBuilder]; owns what it was built with and closes it.
///
/// Safe for any number of threads. A call that completes by callback does so on an engine thread,
/// where nothing may block.
///
/// The node stops by itself, and completes [#terminated] with the cause, when its disk fails or an
/// invariant is broken. It never exits the process.
public final class Node implements AutoCloseable {

  private final MetaStore.Identity identity;
  private final NodeOptions options;
  private final Clock clock;
  private final Execution execution;
  private final StorageEngine storage;
  private final EventLoop loop;
  private final Lifecycle life;

  Node(NodeBuilder.Parts parts) {
    this.identity = parts.identity();
    this.options = parts.options();
    this.clock = parts.clock();
    this.execution = parts.execution();
    this.storage = parts.storage();
    this.life = new Lifecycle(parts);
    Beginning beginning = Beginning.of(parts);
    this.loop =
        new EventLoop(
            new Raft(beginning.start(), options.raft(), parts.random(), clock.nanoTime()),
            identity.nodeId(),
            identity.clusterId(),
            clock,
            execution::execute,
            self -> Assembly.outlets(parts, beginning, self, this::stopItself),
            this::stopItself);
  }

  void start() {
    loop.outlets().applier().tellWhatIsDue();
    life.start(loop, receiver());
  }

  private void stopItself(Throwable why) {
    life.stopItself(loop, why);
  }

  private Transport.Receiver receiver() {
    return new Transport.Receiver() {
      @Override
      public void received(int from, Message message) {
        if (message instanceof Message.Transfer transfer) {
          loop.outlets().snapshots().transfers().received(from, transfer);
        } else {
          loop.tell(new Event.Received(from, message), true);
        }
      }

      @Override
      public void unreachable(int peer) {
        loop.tell(new Event.Unreachable(peer), true);
      }
    };
  }

  /// This node's number.
  public int id() {
    return identity.nodeId();
  }

  /// Who this node is.
  public MetaStore.Identity identity() {
    return identity;
  }

  /// Replicates a command and waits for its result.
  ///
  /// @param command owned by the node from now on; must not be changed. At most
  ///     [dengine.engine.spi.StateMachine#MAX_COMMAND_BYTES], or it is refused
  /// @param timeout longest wait
  /// @return what the state machine completed the command with; null if it did not
  /// @throws NodeException if there is no result; its type says what may be concluded
  public @Nullable Object propose(byte[] command, Duration timeout) {
    checkMayBlock();
    WriteCall call = new WriteCall(command, clock.nanoTime() + timeout.toNanos(), null);
    submit(call);
    return call.await();
  }

  /// Replicates a command and calls back with its result.
  public void propose(byte[] command, Duration timeout, Completion completion) {
    submit(new WriteCall(command, clock.nanoTime() + timeout.toNanos(), completion));
  }

  /// Waits until a look at the state machine is a linearizable read of everything that was
  /// acknowledged before this call: a quorum confirmed that this node leads, and it has applied up
  /// to there.
  ///
  /// @throws NodeException if it cannot be known in time
  public void awaitReadable(Duration timeout) {
    checkMayBlock();
    ReadCall call = new ReadCall(clock.nanoTime() + timeout.toNanos(), null);
    submit(call);
    call.await();
  }

  /// Calls back when [#awaitReadable(Duration)] would return.
  public void awaitReadable(Duration timeout, Completion completion) {
    submit(new ReadCall(clock.nanoTime() + timeout.toNanos(), completion));
  }

  /// Reads under the leader's lease, on this thread, if this node holds one **all the while**.
  ///
  /// @param read looks at the state machine; may be run although its result is thrown away
  /// @return what was read, or empty if there was no lease before or is none afterwards
  public <T> Optional<T> readWithLease(Supplier<T> read) {
    long term = leaseTerm();
    if (term == 0) {
      return Optional.empty();
    }
    T value = read.get();
    return stillHasLease(term) ? Optional.of(value) : Optional.empty();
  }

  /// The term for which this node may hold a lease, or 0. For readers that cannot afford
  /// [#readWithLease]: take it before the read, and ask [#stillHasLease] after it.
  public long leaseTerm() {
    return loop.standing().lease().term();
  }

  /// Whether the lease of this term is still held now.
  public boolean stillHasLease(long term) {
    Lease lease = loop.standing().lease();
    return lease.term() == term && clock.nanoTime() < lease.until();
  }

  /// Runs a task soon on what the node's own turns run on: for what takes too long in a callback,
  /// and still waits for nothing.
  public void execute(Runnable task) {
    execution.execute(task);
  }

  /// What this node is, in which term, and whom it follows.
  public RoleChange role() {
    return loop.standing().role();
  }

  /// Whether this node leads and has applied everything that was committed before its term.
  public boolean isLeading() {
    return loop.standing().isLeading();
  }

  /// Up to where this node has applied.
  public long appliedIndex() {
    return loop.outlets().applier().applied();
  }

  /// A snapshot for operators, taken on the event loop.
  ///
  /// @throws NodeException.DeadlinePassed if the loop does not answer within a second
  public NodeStatus status() {
    checkMayBlock();
    return join(statusSoon(), Duration.ofSeconds(1), "status");
  }

  /// A snapshot for operators, as soon as the event loop comes to it; also of a node that has
  /// stopped.
  public CompletableFuture<NodeStatus> statusSoon() {
    CompletableFuture<NodeStatus> answer = new CompletableFuture<>();
    loop.ask(answer);
    return answer;
  }

  /// What this node's storage has done so far.
  public StorageActivity storageActivity() {
    LogWriter writer = loop.outlets().writer();
    return new StorageActivity(writer.forces(), writer.forceNanos(), storage.disposalBytes());
  }

  /// What this node is now; never later than what those who follow it have been told.
  public Condition condition() {
    return loop.conditions().present();
  }

  /// Tells the present condition at once, and every one after it in their order, on tasks of its
  /// own: one at a time, never an older one after a newer one. They wait for a callback that is
  /// slow; when there are more than 64, it gets the newest next, and sees by its number how many it
  /// missed.
  ///
  /// @return ends it
  public Watching watchCondition(Consumer<Condition> callback) {
    return loop.conditions().watch(callback);
  }

  /// Waits until the cluster serves: a leader is known, and if it is this node, it has applied
  /// everything its predecessors committed.
  ///
  /// @throws NodeException.DeadlinePassed if that takes longer
  /// @throws NodeException.Stopped if the node stops meanwhile
  public Condition waitReady(Duration timeout) {
    Condition met =
        await(now -> now.phase() == Condition.Phase.SERVING || now.isEnding(), timeout, "leader");
    if (met.isEnding()) {
      throw new NodeException.Stopped("the node stops", met.cause().orElse(null));
    }
    return met;
  }

  /// Waits until this node is as wanted.
  ///
  /// @param wanted asked for the present condition and for each one after it
  /// @throws NodeException.DeadlinePassed if that takes longer
  /// @throws NodeException.Stopped if the node has stopped, and that is not what is wanted
  public Condition await(Predicate<Condition> wanted, Duration timeout) {
    return await(wanted, timeout, "such condition");
  }

  private Condition await(Predicate<Condition> wanted, Duration timeout, String what) {
    checkMayBlock();
    CompletableFuture<Condition> answer = new CompletableFuture<>();
    try (Watching _ = watchCondition(now -> Conditions.answer(wanted, now, answer))) {
      return join(answer, timeout, what);
    }
  }

  /// Hands leadership to another voter and waits until this node has stepped down.
  ///
  /// @param to the voter, or 0 for the one with the most of the log
  /// @throws NodeException.Refused if this node does not lead, or the target does not take over
  ///     within an election timeout
  public void transferLeadership(int to, Duration timeout) {
    checkMayBlock();
    join(transferLeadership(to), timeout, "transfer of leadership");
  }

  /// Hands leadership to another voter; completes when this node has stepped down, or with why it
  /// did not, within about an election timeout.
  ///
  /// @param to the voter, or 0 for the one with the most of the log
  public CompletableFuture<Void> transferLeadership(int to) {
    CompletableFuture<Void> done = new CompletableFuture<>();
    loop.tell(new Event.TransferAsked(new Handover(done), to), true);
    return done;
  }

  /// Changes the members and waits until that is over: a configuration that is not joint, at or
  /// after the one this change leads to first, is committed.
  ///
  /// @return index of that configuration
  /// @throws NodeException.Refused if the change is not allowed now, or this node does not lead
  /// @throws NodeException.OutcomeUnknown if the change is in the log and leadership was lost or
  ///     the time is over: a configuration that was appended may still be committed
  public long changeMembership(MembershipChange change, Duration timeout) {
    checkMayBlock();
    MembershipCall call = new MembershipCall();
    loop.tell(new Event.MembershipAsked(call, change), true);
    try {
      return join(call.done(), timeout, "change of the members");
    } catch (NodeException.DeadlinePassed late) {
      if (call.giveUp()) {
        throw late;
      }
      throw new NodeException.OutcomeUnknown(
          "the change of the members was not over within " + timeout.toMillis() + " ms");
    }
  }

  /// Changes the members; completes as [#changeMembership(MembershipChange, Duration)] returns or
  /// throws, except that there is no deadline: it ends with the change, or with this node's
  /// leadership.
  public CompletableFuture<Long> changeMembership(MembershipChange change) {
    MembershipCall call = new MembershipCall();
    loop.tell(new Event.MembershipAsked(call, change), true);
    return call.done().copy();
  }

  /// The configuration that counts for this node, committed or not.
  public Configuration membership() {
    return loop.outlets().roster().effective();
  }

  /// Tells of the present committed configuration at once, and of each one after it, on tasks of
  /// its own: one at a time, never an older one after a newer one. A callback that is slow misses
  /// those in between and gets the newest. On a node that is yet to join or to found a cluster the
  /// present one is [dengine.raft.Membership#NONE].
  ///
  /// @return ends it
  public Watching watchMembership(Consumer<Configuration> callback) {
    return loop.outlets().roster().watch(callback);
  }

  /// Takes a snapshot, unless the newest holds all that is applied; completes with it when it is
  /// durable, or with why there is none. Those who ask at the same time may get the same.
  public CompletableFuture<SnapshotStore.Snapshot> snapshot() {
    return loop.outlets().snapshots().taker().demand();
  }

  /// Opens the newest snapshot, to be saved elsewhere. It stays readable until it is closed, which
  /// must happen before the node is closed.
  ///
  /// @throws NodeException.Refused if there is none
  public SnapshotStore.Reading openSnapshot() {
    return loop.outlets().snapshots().openNewest();
  }

  /// What this node has done with snapshots so far.
  public SnapshotActivity snapshotActivity() {
    return loop.outlets().snapshots().activity();
  }

  /// Completes when the node has stopped and released everything: normally after [#close],
  /// exceptionally with the cause if it stopped by itself.
  public CompletableFuture<Void> terminated() {
    return life.terminated();
  }

  /// Stops gracefully: refuses new calls, lets those in flight finish, hands over leadership, syncs
  /// the log and releases files, ports and threads. Waits until that is done; calling it again only
  /// waits.
  @Override
  public void close() {
    stop();
    if (!loop.runsHere()) {
      life.awaitRelease();
    }
  }

  /// Tells those who follow this node that it is about to stop. It goes on all the same until
  /// [#stop]: so whoever sends it work can send it elsewhere before.
  public void announceStop() {
    loop.ending(Condition.Phase.STOPPING, null);
  }

  /// Begins what [#close] does and returns at once; [#terminated] says when it is over.
  public void stop() {
    life.stop(loop);
  }

  private void checkMayBlock() {
    if (loop.runsHere()) {
      throw new IllegalStateException(
          "a blocking call in a callback of the engine would wait for itself: use another thread");
    }
  }

  private void submit(Call call) {
    if (life.isClosing()) {
      call.fail(new NodeException.Stopped("the node is closing", life.cause()));
    } else if (loop.backlog() >= options.maxPendingCalls()) {
      call.fail(new NodeException.Refused(new Refusal.Overloaded("maxPendingCalls")));
    } else {
      loop.submit(call);
    }
  }

  private static <T> T join(CompletableFuture<T> answer, Duration timeout, String what) {
    try {
      return answer.get(timeout.toNanos(), TimeUnit.NANOSECONDS);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof NodeException failure) {
        throw failure;
      }
      throw new IllegalStateException(e.getCause());
    } catch (TimeoutException e) {
      answer.cancel(false);
      throw new NodeException.DeadlinePassed(
          "no " + what + " within " + timeout.toMillis() + " ms");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new NodeException.DeadlinePassed("interrupted while waiting for " + what);
    }
  }
}
