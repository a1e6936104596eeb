package dengine.engine;

import dengine.raft.RoleChange;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// What a node is, for any thread to see and to follow. Written by turns of the event loop only, so
/// there is one order of all conditions, whatever they come from.
final class Conditions {

  /// Most conditions that wait for one who follows; an election makes a few.
  static final int MAX_WAITING = 64;

  private final Executor carrier;
  private final List<Watcher<Condition>> watchers = new CopyOnWriteArrayList<>();
  private volatile Condition present;

  // What the present one was made of; the event loop's own.
  private RoleChange role;
  private boolean leads;
  private @Nullable Configuration configuration;

  /// Whoever the node followed in its life before: it has heard of nobody yet.
  Conditions(RoleChange role, Executor carrier) {
    this.role = role;
    this.carrier = carrier;
    this.present =
        new Condition(
            1,
            Condition.Phase.WAITING,
            Optional.of(role.role()),
            role.term(),
            0,
            "",
            0,
            Optional.empty());
  }

  Condition present() {
    return present;
  }

  /// Shows the present condition, and each one after it, on tasks of their own.
  Watching watch(Consumer<Condition> callback) {
    Watcher<Condition> watcher = new Watcher<>(callback, carrier, MAX_WAITING);
    watchers.add(watcher); // before it looks: what comes in between is shown by one side
    Condition now = present;
    watcher.show(now.number(), now);
    return () -> {
      watcher.close();
      watchers.remove(watcher);
    };
  }

  /// Answers whoever waits for a condition, if this is it, or none can follow.
  static void answer(
      Predicate<Condition> wanted, Condition now, CompletableFuture<Condition> answer) {
    try {
      if (wanted.test(now)) {
        answer.complete(now);
      } else if (now.phase() == Condition.Phase.STOPPED) {
        Throwable cause = now.cause().orElse(null);
        answer.completeExceptionally(new NodeException.Stopped("the node has stopped", cause));
      }
    } catch (RuntimeException | Error thrown) {
      answer.completeExceptionally(thrown);
    }
  }

  /// The core announced a role, perhaps one of several within a turn. Whether a leader may act is
  /// known at its end.
  void announce(RoleChange change, Configuration effective) {
    update(change, false, 0, effective);
  }

  /// Shows what a turn has led to, before its messages leave.
  ///
  /// @param mayAct whether the node leads and has applied what its predecessors committed
  /// @param firstApplied the core's [dengine.raft.Raft#firstApplied]
  void update(RoleChange now, boolean mayAct, long firstApplied, Configuration effective) {
    Condition before = present;
    // Once known it stays as it is, though the log may forget where the term began.
    boolean isKnown = now.term() == before.term() && before.firstCommit() != 0;
    long first = isKnown ? before.firstCommit() : firstApplied;
    if (now.equals(role)
        && mayAct == leads
        && first == before.firstCommit()
        && effective.equals(configuration)) {
      return; // almost every turn
    }
    role = now;
    leads = mayAct;
    configuration = effective;
    boolean mayNotActYet = now.role() == RoleChange.Kind.LEADER && !mayAct;
    int leader = mayNotActYet ? 0 : now.leader();
    Condition.Phase phase = leader == 0 ? Condition.Phase.WAITING : Condition.Phase.SERVING;
    show(
        new Condition(
            before.number() + 1,
            before.isEnding() ? before.phase() : phase,
            Optional.of(mayNotActYet ? RoleChange.Kind.CANDIDATE : shown(now.role())),
            now.term(),
            leader,
            leader == 0 ? "" : effective.membership().member(leader).address(),
            first,
            before.cause()));
  }

  /// A pre-candidate only asks whether it would be elected (thesis §9.6): it has begun no term and
  /// voted for nobody, and to others it is the follower it was. Shown as a candidate there would be
  /// two of them in a row, the first of which campaigns for nothing.
  private static RoleChange.Kind shown(RoleChange.Kind role) {
    return role == RoleChange.Kind.PRE_CANDIDATE ? RoleChange.Kind.FOLLOWER : role;
  }

  /// The node takes no new calls, but goes on with those it has.
  void stopping() {
    Condition before = present;
    if (!before.isEnding()) {
      show(
          new Condition(
              before.number() + 1,
              Condition.Phase.STOPPING,
              before.role(),
              before.term(),
              before.leader(),
              before.leaderAddress(),
              before.firstCommit(),
              before.cause()));
    }
  }

  /// The node takes no part any more.
  ///
  /// @param cause null if its owner wanted it
  void out(Condition.Phase phase, @Nullable Throwable cause) {
    Condition before = present;
    if (phase.compareTo(before.phase()) >= 0) {
      show(
          new Condition(
              before.number() + 1,
              phase,
              Optional.empty(),
              before.term(),
              0,
              "",
              before.firstCommit(),
              before.cause().or(() -> Optional.ofNullable(cause))));
    }
  }

  private void show(Condition next) {
    if (!next.saysTheSameAs(present)) {
      present = next;
      watchers.forEach(watcher -> watcher.show(next.number(), next));
    }
  }
}
