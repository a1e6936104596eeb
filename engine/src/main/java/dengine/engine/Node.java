package dengine.engine;

import dengine.engine.spi.Clock;
import dengine.engine.spi.Execution;
import dengine.engine.spi.LogStore;
import dengine.engine.spi.MetaStore;
import dengine.engine.spi.StateMachine;
import dengine.engine.spi.StorageEngine;
import dengine.engine.spi.Transport;
import dengine.raft.Event;
import dengine.raft.Membership;
import dengine.raft.Message;
import dengine.raft.Raft;
import dengine.raft.Refusal;
import dengine.raft.RoleChange;
import java.lang.System.Logger;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// One member of a cluster: replicates commands into a [StateMachine]. Made by [NodeBuilder]; owns
/// what it was built with and closes it.
///
/// Safe for any number of threads. A call that completes by callback does so on an engine thread,
/// where nothing may block.
///
/// The node stops by itself, and completes [#terminated] with the cause, when its disk fails or an
/// invariant is broken. It never exits the process.
public final class Node implements AutoCloseable {

  private static final Logger LOG = System.getLogger(Node.class.getName());

  private final MetaStore.Identity identity;
  private final NodeOptions options;
  private final Clock clock;
  private final Execution execution;
  private final StorageEngine storage;
  private final StateMachine stateMachine;
  private final Transport transport;
  private final EventLoop loop;
  private final LogWriter writer;
  private final AtomicBoolean closing = new AtomicBoolean();

  /// The end, for whoever waits in [#close]: completed before [#terminated], whose callbacks are
  /// the application's and may block.
  private final CompletableFuture<Void> released = new CompletableFuture<>();

  private final CompletableFuture<Void> terminated = new CompletableFuture<>();
  private volatile @Nullable Throwable cause;

  /// Written by whoever runs the shutdown.
  private @Nullable CompletableFuture<Void> handover;

  Node(NodeBuilder.Parts parts) {
    this.identity = parts.identity();
    this.options = parts.options();
    this.clock = parts.clock();
    this.execution = parts.execution();
    this.storage = parts.storage();
    this.stateMachine = parts.stateMachine();
    this.transport = parts.transport();
    LogStore log = storage.log();
    Raft raft = raft(parts, log.recovered());
    String name = "dengine-" + identity.nodeId();
    this.loop =
        new EventLoop(
            raft,
            identity.nodeId(),
            identity.clusterId(),
            clock,
            execution::execute,
            self ->
                new EventLoop.Outlets(
                    transport,
                    new LogWriter(name + "-log", log, options, clock, execution, self),
                    new LogReader(name + "-log-reader", log, clock, execution, self),
                    new Applier(
                        stateMachine, clock, options.maxPendingCalls(), execution::execute, self),
                    new Ticker(name + "-timer", clock, execution, self)),
            this::stopItself);
    this.writer = loop.outlets().writer();
  }

  void start() {
    writer.start();
    loop.outlets().reader().start();
    loop.outlets().ticker().start();
    try {
      transport.start(receiver());
    } catch (RuntimeException | Error failure) {
      if (closing.compareAndSet(false, true)) {
        NodeException.Stopped why =
            new NodeException.Stopped("the transport does not start", failure);
        end(new Shutdown(clock, this::unclean), why);
      }
      released.handle((done, reason) -> null).join();
      throw failure;
    }
    loop.tick();
  }

  private Transport.Receiver receiver() {
    return new Transport.Receiver() {
      @Override
      public void received(int from, Message message) {
        loop.tell(new Event.Received(from, message), true);
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
  /// @param command owned by the node from now on; must not be changed
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

  /// Syncs of the log so far, and the nanoseconds they took in all.
  public record LogActivity(long forces, long forceNanos) {}

  /// How busy the log was so far.
  public LogActivity logActivity() {
    return new LogActivity(writer.forces(), writer.forceNanos());
  }

  /// Waits until the cluster serves: a leader is known, and if it is this node, it has applied
  /// everything its predecessors committed.
  ///
  /// @throws NodeException.DeadlinePassed if that takes longer
  /// @throws NodeException.Stopped if the node stops meanwhile
  public RoleChange waitReady(Duration timeout) {
    checkMayBlock();
    CompletableFuture<RoleChange> answer = new CompletableFuture<>();
    loop.whenReady(answer);
    return join(answer, timeout, "leader");
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

  /// Completes when the node has stopped and released everything: normally after [#close],
  /// exceptionally with the cause if it stopped by itself.
  public CompletableFuture<Void> terminated() {
    return (released.isDone() ? released : terminated).copy();
  }

  /// Stops gracefully: refuses new calls, lets those in flight finish, hands over leadership, syncs
  /// the log and releases files, ports and threads. Waits until that is done; calling it again only
  /// waits.
  @Override
  public void close() {
    stop();
    if (!loop.runsHere()) {
      released.handle((done, reason) -> null).join();
    }
  }

  /// Begins what [#close] does and returns at once; [#terminated] says when it is over.
  public void stop() {
    if (closing.compareAndSet(false, true)) {
      end(
          new Shutdown(clock, this::unclean)
              .thenAwait(loop::isIdle, options.closeTimeout())
              .thenAwait(this::hasHandedOver, options.raft().electionTimeout()),
          new NodeException.Stopped("the node was closed", null));
    }
  }

  private void checkMayBlock() {
    if (loop.runsHere()) {
      throw new IllegalStateException(
          "a blocking call in a callback of the engine would wait for itself: use another thread");
    }
  }

  private void submit(Call call) {
    if (closing.get()) {
      call.fail(new NodeException.Stopped("the node is closing", cause));
    } else if (loop.backlog() >= options.maxPendingCalls()) {
      call.fail(new NodeException.Refused(new Refusal.Overloaded("maxPendingCalls")));
    } else {
      loop.submit(call);
    }
  }

  /// Asks for it when first called.
  private boolean hasHandedOver() {
    CompletableFuture<Void> asked = handover;
    if (asked == null) {
      if (!loop.standing().isLeading()) {
        return true;
      }
      asked = transferLeadership(0);
      handover = asked;
    }
    return asked.isDone();
  }

  /// Called by the event loop when the core gives up; releasing must not run on the loop itself.
  private void stopItself(Throwable why) {
    cause = why;
    LOG.log(Logger.Level.ERROR, () -> "node=" + id() + " event=stopped cause=" + why, why);
    if (closing.compareAndSet(false, true)) {
      NodeException.Stopped stopped = new NodeException.Stopped("the node stopped itself", why);
      end(new Shutdown(clock, this::unclean), stopped);
    }
  }

  private void end(Shutdown first, NodeException.Stopped why) {
    CompletableFuture<Void> halted = new CompletableFuture<>();
    Shutdown steps =
        first
            .then(() -> loop.halt(why, halted))
            .thenAwait(halted::isDone)
            .then(transport::close)
            .then(loop.outlets().ticker()::close)
            .then(writer::close)
            .then(loop.outlets().reader()::close)
            .thenAwait(loop.outlets().applier()::isIdle, options.closeTimeout())
            .then(stateMachine::close)
            .then(storage::close)
            .then(() -> end(released))
            .then(() -> end(terminated));
    execution.runLast("dengine-" + id() + "-stop", clock, steps);
  }

  private void end(CompletableFuture<Void> future) {
    Throwable reason = cause;
    if (reason == null) {
      future.complete(null);
    } else {
      future.completeExceptionally(reason);
    }
  }

  private void unclean(Throwable failure) {
    LOG.log(Logger.Level.ERROR, () -> "node=" + id() + " event=unclean-stop", failure);
    cause = cause == null ? failure : cause;
  }

  private static Raft raft(NodeBuilder.Parts parts, LogStore.Recovered recovered) {
    Membership membership = parts.membership();
    return new Raft(
        new Raft.Start(
            parts.identity().nodeId(),
            membership,
            recovered.hardState(),
            recovered.log(),
            parts.stateMachine().appliedIndex()),
        parts.options().raft(),
        parts.random(),
        parts.clock().nanoTime());
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
