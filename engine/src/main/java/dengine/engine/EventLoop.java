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
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// Owns the core: takes what arrived, tells the core, carries out what it answers. One turn at a
/// time, on whichever thread runs its [SerialExecutor]; nothing in a turn blocks.
///
/// A turn reads the clock **after** it has taken its batch: a message that was sent later than the
/// time it is handled with could let a follower's promise end before the leader's lease.
final class EventLoop implements Mailbox {

  private static final int MAX_BATCH = 4096;
  private static final int FEW_CALLS = 4;

  /// Where effects go.
  record Outlets(
      Transport transport,
      LogWriter writer,
      LogReader reader,
      Applier applier,
      Ticker ticker,
      Roster roster,
      Snapshots snapshots) {}

  private final Raft raft;
  private final Clock clock;
  private final int id;
  private final long clusterId;
  private final Outlets outlets;
  private final Consumer<Throwable> onFatal;
  private final SerialExecutor<Mail> executor;

  private final Calls calls = new Calls();
  private final MembershipCalls changes = new MembershipCalls();
  private final Outbox outbox = new Outbox();
  private final List<Handover> handovers = new ArrayList<>();

  /// Told at the end of the turn: by then everybody sees that this node does not lead any more.
  private final List<Handover> succeeded = new ArrayList<>();
  private NodeException.@Nullable Stopped stopped;

  private final Standing standing;
  private final Conditions conditions;
  private volatile boolean idle = true;

  /// About how many calls are under way at a time, falling slowly. With few, the thread that has
  /// news runs the turn itself, for waking another costs more than the turn. With many, turns run
  /// behind the callers that are about to submit, so that they share entries' way to disk and
  /// peers.
  private volatile int crowd;

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
    this.standing = new Standing(raft.roleChange());
    this.conditions = new Conditions(raft.roleChange(), carrier);
    this.onFatal = onFatal;
    this.executor = new SerialExecutor<>(carrier, MAX_BATCH, this::turn);
    this.outlets = outlets.apply(this);
  }

  Outlets outlets() {
    return outlets;
  }

  /// Takes a call; it ends in any case.
  void submit(Call call) {
    executor.submit(call, crowd <= FEW_CALLS);
  }

  @Override
  public void tell(Event event, boolean inline) {
    executor.submit(new Mail.News(event), inline && crowd <= FEW_CALLS);
  }

  @Override
  public void tellAndEnd(Event event, Runnable completions) {
    executor.submitTogether(new Mail.News(event), completions);
  }

  /// Time has passed. Runs on the ticker's own thread, which also takes the turn when the loop's
  /// has not come to it: an application that keeps every carrier busy must not cost this node its
  /// leadership. A callback that blocks can, if it runs within a turn.
  void tick() {
    tell(new Event.Tick(), true);
    executor.takeOver();
  }

  void ask(CompletableFuture<NodeStatus> answer) {
    executor.submit(new Mail.StatusAsked(answer), true);
  }

  /// Shows that the node is about to end, or has ended.
  void ending(Condition.Phase phase, @Nullable Throwable cause) {
    executor.submit(new Mail.Ending(phase, cause), true);
  }

  int backlog() {
    return executor.backlog();
  }

  /// Whether this thread is running the loop or applying right now: then it must not wait for them.
  boolean runsHere() {
    return executor.runsHere() || outlets.applier().runsHere();
  }

  /// What this node is. May be asked by any thread.
  Standing standing() {
    return standing;
  }

  /// The same for those who follow it.
  Conditions conditions() {
    return conditions;
  }

  /// Whether no call is outstanding.
  boolean isIdle() {
    return idle;
  }

  /// Ends everything: calls fail from now on, news are ignored. Runs as the loop's own work.
  ///
  /// @param done completes when that is so
  void halt(NodeException.Stopped why, CompletableFuture<Void> done) {
    halting = why;
    CompletableFuture<NodeStatus> answer = new CompletableFuture<>();
    CompletableFuture<Boolean> _ = answer.handle((_, _) -> done.complete(null));
    ask(answer);
  }

  private void turn(List<Mail> batch) {
    try {
      process(batch);
    } catch (RuntimeException | Error broken) {
      NodeException.Stopped why =
          new NodeException.Stopped("the node is broken: " + broken.getMessage(), broken);
      stop(why);
      outbox.clear();
      tellHandedOver();
      batch.forEach(mail -> abandon(mail, why));
      onFatal.accept(broken);
    }
  }

  private void abandon(Mail mail, NodeException.Stopped why) {
    switch (mail) {
      case WriteCall call -> call.fail(new NodeException.OutcomeUnknown("the node is broken"));
      case ReadCall call -> call.fail(why);
      case Mail.StatusAsked(CompletableFuture<NodeStatus> answer) ->
          answer.completeExceptionally(why);
      case Mail.News(Event.TransferAsked(Handover handover, _)) -> handover.failed(why);
      case Mail.News(Event.MembershipAsked(MembershipCall call, _)) ->
          call.fail(new NodeException.OutcomeUnknown("the node is broken"));
      case Mail.News _ -> {}
      case Mail.Ending ending -> show(ending);
    }
  }

  private void process(List<Mail> batch) {
    if (halting != null && stopped == null) {
      stop(halting);
    }
    if (stopped == null) {
      outlets.roster().introduce();
    }
    long now = clock.nanoTime();
    int crowdBefore = crowd;
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
        case Mail.Ending ending -> show(ending);
      }
    }
    crowd = Math.max(calls.size(), crowdBefore - (crowdBefore + 3) / 4);
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
    return calls.take(call, now);
  }

  private void tellCore(long now, Event event) {
    switch (event) {
      case Event.TransferAsked(Handover handover, _) when stopped != null ->
          handover.failed(stopped);
      case Event.TransferAsked(Handover handover, _) -> handovers.add(handover);
      case Event.MembershipAsked(MembershipCall call, _) when stopped != null -> call.fail(stopped);
      case Event.MembershipAsked(MembershipCall call, _) when !call.begin() -> {
        return; // the caller has been told that nothing was written
      }
      case Event.Founded() -> {
        outlets.roster().founded();
        changes.committed(outlets.roster().committed());
      }
      default -> {}
    }
    if (stopped == null) {
      raft.on(now, event, this::carryOut);
    }
  }

  /// Keeps the books at once and leaves whatever reaches outside for the end of the turn.
  private void carryOut(Effect effect) {
    switch (effect) {
      case Effect.Persist persist -> outbox.add(persist);
      case Effect.Send send -> {
        outlets.roster().sends(send);
        outbox.add(send);
      }
      case Effect.Apply(List<Entry> entries) -> outbox.add(entries, calls.waitingFor(entries));
      case Effect.ReadEntries read -> outlets.reader().submit(read);
      case Effect.ServeReads reads -> outbox.add(reads);
      case Effect.Accept(Ticket ticket, Position position) -> accept(ticket, position);
      case Effect.Refuse(Ticket ticket, Refusal refusal) -> refuse(ticket, refusal);
      case Effect.Announce(RoleChange change) -> announce(change);
      case Effect.Configured configured -> {
        outlets.roster().configured(configured);
        changes.committed(outlets.roster().committed());
      }
      case Effect.Compact compact -> outbox.add(compact);
      case Effect.SendSnapshot send -> outbox.add(send);
      case Effect.FetchSnapshot fetch -> outbox.add(fetch);
      case Effect.Install install -> outbox.add(install);
      case Effect.Found found -> {
        outlets.roster().founding(found.membership());
        outbox.add(found);
      }
      case Effect.Fatal(Throwable cause) -> {
        stop(new NodeException.Stopped("the node stopped itself: " + cause.getMessage(), cause));
        onFatal.accept(cause);
      }
    }
  }

  private void accept(Ticket ticket, Position position) {
    switch (ticket) {
      case WriteCall call -> calls.accept(call, position);
      case Handover handover -> {
        handovers.remove(handover);
        succeeded.add(handover);
      }
      case MembershipCall call -> {
        changes.accept(call, position);
        changes.committed(outlets.roster().committed());
      }
      default -> throw new IllegalStateException("accepted " + ticket);
    }
  }

  private void refuse(Ticket ticket, Refusal refusal) {
    NodeException refused = new NodeException.Refused(refusal);
    switch (ticket) {
      case Call call -> call.fail(refused);
      case Handover handover -> {
        handovers.remove(handover);
        handover.failed(refused);
      }
      case MembershipCall call -> call.fail(refused);
      default -> throw new IllegalStateException("refused " + ticket);
    }
  }

  private void announce(RoleChange change) {
    standing.announce(change);
    conditions.announce(change, outlets.roster().effective());
    if (change.role() != RoleChange.Kind.LEADER) {
      changes.loseLater();
      calls.loseAccepted(
          new NodeException.OutcomeUnknown(
              "node " + id + " lost its leadership before a quorum had the command"));
    }
  }

  /// The disk first: it is the slowest, and works while the rest is done.
  private void finish(long now) {
    outbox.toDisk(outlets);
    publish();
    outbox.toOthers(outlets);
    outlets.roster().forget();
    changes.endTurn();
    tellHandedOver();
    calls.sweep(now);
    idle = calls.isEmpty();
    outlets
        .ticker()
        .wakeAt(stopped == null ? Math.min(raft.nextDeadline(), calls.sweepDue()) : Long.MAX_VALUE);
  }

  private void tellHandedOver() {
    succeeded.forEach(Handover::succeeded);
    succeeded.clear();
  }

  private void publish() {
    if (stopped != null) {
      return;
    }
    boolean leads = raft.leadsAndHasCaughtUp();
    standing.publish(raft.leaseUntil(), leads);
    conditions.update(standing.role(), leads, raft.firstApplied(), outlets.roster().effective());
  }

  private void show(Mail.Ending ending) {
    if (ending.phase() == Condition.Phase.STOPPED) {
      conditions.out(ending.phase(), ending.cause());
    } else {
      conditions.stopping();
    }
  }

  private void stop(NodeException.Stopped why) {
    stopped = why;
    standing.publish(Long.MIN_VALUE, false);
    conditions.out(Condition.Phase.STOPPING, why.getCause());
    calls.stop(why);
    changes.stop(why);
    handovers.forEach(handover -> handover.failed(why));
    handovers.clear();
  }

  private NodeStatus status(long now) {
    RoleChange role = standing.role();
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
        peers,
        new NodeStatus.Load(
            executor.backlog(), calls.size(), outlets.applier().waitingReaders(), raft.load()),
        outlets.roster().effective(),
        outlets.roster().isRemoved() || raft.isRemoved(),
        outlets.snapshots().status());
  }
}
