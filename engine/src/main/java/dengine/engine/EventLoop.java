package dengine.engine;

import dengine.engine.spi.Clock;
import dengine.engine.spi.Transport;
import dengine.raft.Effect;
import dengine.raft.Entry;
import dengine.raft.Event;
import dengine.raft.Position;
import dengine.raft.Raft;
import dengine.raft.Refusal;
import dengine.raft.RoleChange;
import dengine.raft.Ticket;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// Owns the core: takes what arrived, tells the core, carries out what it answers. One turn at a time, on
/// whichever thread runs its [SerialExecutor]; nothing in a turn blocks.
///
/// A turn reads the clock **after** it has taken its batch: a message that was sent later than the time it
/// is handled with could let a follower's promise end before the leader's lease.
final class EventLoop {

  private static final int MAX_BATCH = 4096;
  private static final long SWEEP_NANOS = 20_000_000;

  /// Where effects go.
  record Outlets(
      Transport transport, LogWriter writer, LogReader reader, Applier applier, Ticker ticker) {}

  private record Handed(List<Entry> entries, List<WriteCall> calls) {}

  private final Raft raft;
  private final Clock clock;
  private final int id;
  private final long clusterId;
  private final Outlets outlets;
  private final Consumer<Throwable> onFatal;
  private final SerialExecutor<Mail> executor;

  /// Calls whose command is in the log, by index.
  private final ArrayDeque<WriteCall> accepted = new ArrayDeque<>();

  /// Every call that was taken and may not have ended, roughly by age.
  private final ArrayDeque<Call> outstanding = new ArrayDeque<>();

  private final List<Effect.Persist> persists = new ArrayList<>();
  private final List<Effect.Send> sends = new ArrayList<>();
  private final List<Handed> handed = new ArrayList<>();
  private final List<Effect.ServeReads> served = new ArrayList<>();
  private final List<CompletableFuture<RoleChange>> waitingForReady = new ArrayList<>();
  private long sweepDue = Long.MAX_VALUE;
  private NodeException.@Nullable Stopped stopped;

  private volatile RoleChange role;
  private volatile Lease lease = Lease.NONE;
  private volatile boolean leading;
  private volatile boolean idle = true;
  private volatile NodeException.@Nullable Stopped halting;

  EventLoop(
      Raft raft,
      int id,
      long clusterId,
      Clock clock,
      Executor carrier,
      Function<EventLoop, Outlets> outlets,
      Consumer<Throwable> onFatal) {
    this.raft = raft;
    this.id = id;
    this.clusterId = clusterId;
    this.clock = clock;
    this.role = raft.roleChange();
    this.onFatal = onFatal;
    this.executor = new SerialExecutor<>(carrier, MAX_BATCH, this::turn);
    this.outlets = outlets.apply(this);
  }

  Outlets outlets() {
    return outlets;
  }

  /// Takes a call; it ends in any case.
  void submit(Call call) {
    executor.submit(call, true);
  }

  void tell(Event event, boolean inline) {
    executor.submit(new Mail.News(event), inline);
  }

  void tick() {
    tell(new Event.Tick(), true);
  }

  void ask(CompletableFuture<NodeStatus> answer) {
    executor.submit(new Mail.StatusAsked(answer), true);
  }

  /// Completes with the present role once a leader is known that serves.
  void whenReady(CompletableFuture<RoleChange> answer) {
    executor.submit(new Mail.ReadyAsked(answer), true);
  }

  /// The state machine, or something else outside of the core, broke an invariant.
  void fail(Throwable cause) {
    tell(new Event.StorageFailed(cause), false);
  }

  int backlog() {
    return executor.backlog();
  }

  RoleChange role() {
    return role;
  }

  Lease lease() {
    return lease;
  }

  /// Whether this node leads and has applied everything that was committed before its term.
  boolean isLeading() {
    return leading;
  }

  /// Whether no call is outstanding.
  boolean isIdle() {
    return idle;
  }

  /// Ends everything: calls fail from now on, news are ignored. Runs as the loop's own work.
  void halt(NodeException.Stopped why) {
    CompletableFuture<NodeStatus> done = new CompletableFuture<>();
    halting = why;
    ask(done);
    done.join();
  }

  private void turn(List<Mail> batch) {
    try {
      process(batch);
    } catch (RuntimeException | Error broken) {
      stop(new NodeException.Stopped("the node is broken: " + broken.getMessage(), broken));
      onFatal.accept(broken);
    }
  }

  private void process(List<Mail> batch) {
    if (halting != null && stopped == null) {
      stop(halting);
    }
    long now = clock.nanoTime();
    List<Event.Proposal> proposals = new ArrayList<>();
    List<Ticket> reads = new ArrayList<>();
    List<Mail.StatusAsked> questions = new ArrayList<>();
    for (Mail mail : batch) {
      switch (mail) {
        case WriteCall call -> {
          if (take(call, now)) {
            proposals.add(new Event.Proposal(call, call.command()));
          }
        }
        case ReadCall call -> {
          if (take(call, now)) {
            reads.add(call);
          }
        }
        case Mail.News(Event event) -> tellCore(now, event);
        case Mail.StatusAsked question -> questions.add(question);
        case Mail.ReadyAsked(CompletableFuture<RoleChange> answer) -> awaitReady(answer);
      }
    }
    if (!proposals.isEmpty()) {
      tellCore(now, new Event.Proposed(proposals));
    }
    if (!reads.isEmpty()) {
      tellCore(now, new Event.ReadAsked(reads));
    }
    if (now >= raft.nextDeadline()) {
      tellCore(now, new Event.Tick());
    }
    finish(now);
    questions.forEach(question -> question.answer().complete(status(now)));
  }

  private boolean take(Call call, long now) {
    if (stopped != null) {
      call.fail(stopped);
      return false;
    }
    if (now >= call.deadline()) {
      call.fail(call.expired());
      return false;
    }
    outstanding.add(call);
    return !call.isDone();
  }

  private void tellCore(long now, Event event) {
    if (stopped == null) {
      raft.on(now, event, this::carryOut);
    }
  }

  /// Keeps the books at once and leaves whatever reaches outside for the end of the turn.
  private void carryOut(Effect effect) {
    switch (effect) {
      case Effect.Persist persist -> persists.add(persist);
      case Effect.Send send -> sends.add(send);
      case Effect.Apply(List<Entry> entries) -> handed.add(new Handed(entries, callsFor(entries)));
      case Effect.ReadEntries read -> outlets.reader().submit(read);
      case Effect.ServeReads reads -> served.add(reads);
      case Effect.Accept(Ticket ticket, Position position) -> accept(ticket, position);
      case Effect.Refuse(Ticket ticket, Refusal refusal) -> refuse(ticket, refusal);
      case Effect.Announce(RoleChange change) -> announce(change);
      case Effect.Fatal(Throwable cause) -> {
        stop(new NodeException.Stopped("the node stopped itself: " + cause.getMessage(), cause));
        onFatal.accept(cause);
      }
    }
  }

  private void accept(Ticket ticket, Position position) {
    switch (ticket) {
      case WriteCall call -> {
        call.accepted(position);
        accepted.add(call);
      }
      case Handover handover -> handover.succeeded();
      default -> throw new IllegalStateException("accepted " + ticket);
    }
  }

  private void refuse(Ticket ticket, Refusal refusal) {
    NodeException refused = new NodeException.Refused(refusal);
    switch (ticket) {
      case Call call -> call.fail(refused);
      case Handover handover -> handover.failed(refused);
      default -> throw new IllegalStateException("refused " + ticket);
    }
  }

  private List<WriteCall> callsFor(List<Entry> entries) {
    if (accepted.isEmpty()) {
      return List.of();
    }
    long last = entries.getLast().index();
    List<WriteCall> calls = new ArrayList<>(Math.min(accepted.size(), entries.size()));
    for (WriteCall call = accepted.peek();
        call != null && call.index() <= last;
        call = accepted.peek()) {
      calls.add(accepted.remove());
    }
    return calls;
  }

  private void announce(RoleChange change) {
    role = change;
    if (change.role() != RoleChange.Kind.LEADER && !accepted.isEmpty()) {
      NodeException lost =
          new NodeException.OutcomeUnknown(
              "node " + id + " lost its leadership before a quorum had the command");
      accepted.forEach(call -> call.fail(lost));
      accepted.clear();
    }
  }

  /// The disk first: it is the slowest, and works while the rest is done.
  private void finish(long now) {
    if (!persists.isEmpty()) {
      outlets.writer().submit(persists);
      persists.clear();
    }
    // Before the messages: one may hand leadership over, and no reader may trust the lease after that.
    publish();
    for (Effect.Send send : sends) {
      outlets.transport().send(send.to(), send.message());
    }
    sends.clear();
    for (Handed batch : handed) {
      outlets.applier().apply(batch.entries, batch.calls);
    }
    handed.clear();
    for (Effect.ServeReads reads : served) {
      outlets.applier().serve(reads.tickets(), reads.index());
    }
    served.clear();
    sweep(now);
    outlets.ticker().wakeAt(Math.min(raft.nextDeadline(), sweepDue));
  }

  private void publish() {
    long until = stopped == null ? raft.leaseUntil() : Long.MIN_VALUE;
    if (until == Long.MIN_VALUE) {
      lease = Lease.NONE;
    } else if (until != lease.until() || role.term() != lease.term()) {
      lease = new Lease(role.term(), until);
    }
    leading = stopped == null && raft.leadsAndHasCaughtUp();
    if (!waitingForReady.isEmpty() && isReady()) {
      waitingForReady.forEach(waiter -> waiter.complete(role));
      waitingForReady.clear();
    }
  }

  private void awaitReady(CompletableFuture<RoleChange> answer) {
    if (stopped == null) {
      waitingForReady.removeIf(CompletableFuture::isDone); // those that gave up
      waitingForReady.add(answer);
    } else {
      answer.completeExceptionally(stopped);
    }
  }

  private boolean isReady() {
    return role.leader() != 0 && (role.leader() != id || leading);
  }

  /// Ends calls whose deadline has passed, and forgets those that have ended.
  private void sweep(long now) {
    while (!outstanding.isEmpty() && outstanding.peek().isDone()) {
      outstanding.remove();
    }
    if (now >= sweepDue) {
      for (Call call : outstanding) {
        if (now >= call.deadline() && !call.isDone()) {
          call.fail(call.expired());
        }
      }
      outstanding.removeIf(Call::isDone);
      sweepDue = Long.MAX_VALUE;
    }
    if (outstanding.isEmpty()) {
      sweepDue = Long.MAX_VALUE;
      idle = true;
    } else {
      sweepDue = Math.min(sweepDue, now + SWEEP_NANOS);
      idle = false;
    }
  }

  private void stop(NodeException.Stopped why) {
    stopped = why;
    leading = false;
    lease = Lease.NONE;
    NodeException unknown = new NodeException.OutcomeUnknown("the node stopped: " + why.getMessage());
    accepted.forEach(call -> call.fail(unknown));
    accepted.clear();
    outstanding.forEach(call -> call.fail(call instanceof WriteCall w && w.index() > 0 ? unknown : why));
    outstanding.clear();
    waitingForReady.forEach(waiter -> waiter.completeExceptionally(why));
    waitingForReady.clear();
  }

  private NodeStatus status(long now) {
    List<NodeStatus.Peer> peers = new ArrayList<>();
    for (Raft.PeerProgress peer : raft.peers()) {
      long silence = (now - peer.lastContact()) / 1_000_000;
      peers.add(new NodeStatus.Peer(peer.id(), peer.match(), silence));
    }
    return new NodeStatus(
        id,
        clusterId,
        role.role(),
        role.term(),
        role.leader(),
        raft.last().index(),
        raft.commit(),
        outlets.applier().applied(),
        peers);
  }
}
