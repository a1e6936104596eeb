package dengine.testkit.simulation;

import dengine.engine.NodeStatus;
import dengine.engine.spi.LogStore;
import dengine.engine.spi.SnapshotStore;
import dengine.engine.spi.StorageException;
import dengine.raft.HardState;
import dengine.raft.Message;
import dengine.raft.Position;
import dengine.raft.Raft;
import dengine.raft.RaftOptions;
import dengine.raft.RecoveredLog;
import dengine.storage.FileStorageEngine;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/// Sees everything that leaves a node and everything that a node shows, and knows what must never
/// happen: two leaders in a term, terms and votes that go back, two states at one revision, and
/// messages that promise what is not on disk (Figure 3 of the paper; rules D1-D9).
final class Watch {

  /// A look at the platter opens a copy of the disk, so only some acknowledgements get one, and a
  /// larger part of the votes, which are rare.
  private static final int LOOK_ONE_ACKNOWLEDGEMENT_IN = 40;

  private static final int LOOK_ONE_VOTE_IN = 4;

  private static final int LARGEST_ENTRY = 1000;
  private static final int MOST_CALLS = 500;

  private final RandomGenerator random;
  private final Map<Long, Integer> leaders = new HashMap<>();
  private final Map<Integer, Long> terms = new HashMap<>();
  private final Map<Long, Integer> votes = new HashMap<>();
  private final Map<Long, Long> states = new HashMap<>();
  private final Configurations configurations;
  private final CommittedLog committed;
  private final Journeys journeys;

  /// What a node showed last.
  private record Shown(Subject.Life life, long position) {}

  private final Map<Integer, Shown> shown = new HashMap<>();
  private final Marks marks;
  private @Nullable Violation first;
  private boolean looksAtDisks = true;
  private long looks;
  private long trace;

  Watch(RandomGenerator random, Marks marks) {
    this.random = random;
    this.marks = marks;
    this.configurations = new Configurations(this, marks);
    this.committed = new CommittedLog(this, configurations);
    this.journeys = new Journeys(marks);
  }

  /// Who takes part.
  Configurations configurations() {
    return configurations;
  }

  /// What was applied.
  CommittedLog committed() {
    return committed;
  }

  /// Who leads a term, if anybody was seen to; otherwise 0.
  int leader(long term) {
    return leaders.getOrDefault(term, 0);
  }

  /// A node has another disk than before: what it promised with the old one is forgotten. Nobody is
  /// elected by that: who leads is seen, and so is what is lost.
  void wiped(int node) {
    configurations.loses(node);
    terms.remove(node);
    votes.keySet().removeIf(key -> key % 64 == node);
  }

  /// A node has a snapshot, its own or a copy of another one's.
  void hasSnapshot(Machine node, SnapshotStore.Snapshot snapshot) {
    committed.hasSnapshot(node, snapshot);
    journeys.arrived(node);
  }

  /// A node begins to receive a snapshot, or goes on.
  void receives(Machine node, long received) {
    journeys.begins(node, received);
  }

  /// Looks only at outcomes: for planted bugs, which must be found by what they do to users.
  void ignoreDisks() {
    looksAtDisks = false;
  }

  /// How often a platter was looked at.
  long looks() {
    return looks;
  }

  /// How often somebody was elected.
  int elections() {
    return leaders.size();
  }

  /// Digest of everything that was seen.
  long trace() {
    return trace;
  }

  void mix(long what) {
    trace = Long.rotateLeft(trace * 0x9e3779b97f4a7c15L + what, 23);
  }

  void sends(Machine from, int to, Message message) {
    mix(from.id() * 31L + to);
    mix(digest(message));
    if (!(message instanceof Message.Introduce || message instanceof Message.Transfer)) {
      configurations.acts(from, message);
    }
    switch (message) {
      case Message.Replicate _, Message.Heartbeat _, Message.OfferSnapshot _ ->
          leads(from, message.term());
      case Message.Vote vote when vote.granted() && !vote.pre() -> {
        advances(from, message);
        votes(from, vote.term(), to);
        look(from, message, to);
      }
      case Message.AskVote ask when !ask.pre() -> {
        advances(from, message);
        votes(from, ask.term(), from.id());
        look(from, message, from.id());
      }
      case Message.Replicated _ -> {
        advances(from, message);
        look(from, message, to);
      }
      case Message.Vote _ -> marks.hit("vote denied");
      case Message.Conflict _ -> marks.hit("logs in conflict");
      case Message.Outdated _ -> marks.hit("leader told that its term is over");
      case Message.CampaignNow _ -> marks.hit("asked to take over");
      case Message.Recognize answer -> configurations.tells(from, to, answer);
      case Message.NotMember _ -> marks.hit("told that it is no member any more");
      case Message.Transfer.Ask ask -> journeys.asks(from, to, ask);
      case Message.Transfer.End end ->
          marks.hitIf(end.reason().startsWith("no room"), "snapshot refused for lack of room");
      case Message.Transfer.Piece _,
          Message.Introduce _,
          Message.AskVote _,
          Message.HeartbeatAck _ -> {}
    }
  }

  /// Whoever has promised something in a term can never be in an earlier one again.
  private void advances(Machine node, Message message) {
    long known = terms.getOrDefault(node.id(), 0L);
    check(message.term() >= known, node, "its term went from " + known + " to " + message);
    terms.put(node.id(), message.term());
  }

  private void leads(Machine node, long term) {
    Integer other = leaders.putIfAbsent(term, node.id());
    check(
        other == null || other == node.id(),
        node,
        "election safety: it leads term " + term + ", and so does node " + other);
  }

  private void votes(Machine node, long term, int candidate) {
    Integer before = votes.putIfAbsent(term * 64 + node.id(), candidate);
    check(
        before == null || before == candidate,
        node,
        "it voted in term " + term + " for " + before + " and for " + candidate);
  }

  /// Opens what would be left of the disk and checks that the promise is on it.
  private void look(Machine node, Message message, int candidate) {
    int oneIn =
        message instanceof Message.Replicated ? LOOK_ONE_ACKNOWLEDGEMENT_IN : LOOK_ONE_VOTE_IN;
    if (!looksAtDisks || random.nextInt(oneIn) != 0 || node.disk().isDamaged()) {
      return;
    }
    looks++;
    MachineDisk disk = node.disk();
    try (FileStorageEngine left = disk.reopen(disk.platter())) {
      LogStore.Recovered found = left.log().recovered();
      HardState hard = found.hardState();
      check(hard.term() >= message.term(), node, "sent " + message + " with " + hard + " on disk");
      switch (message) {
        case Message.Vote _, Message.AskVote _ ->
            check(
                hard.term() > message.term() || hard.vote() == candidate,
                node,
                "sent " + message + " for " + candidate + " with " + hard + " on disk");
        case Message.Replicated ack -> checkHolds(node, ack, found);
        default -> {}
      }
    } catch (StorageException damaged) {
      throw violated(new Violation("node " + node.id() + " could not read its own disk", damaged));
    }
  }

  /// What is acknowledged is there, and it is what the node wrote there: an entry of another term,
  /// whose truncation was lost, is not.
  private void checkHolds(Machine node, Message.Replicated ack, LogStore.Recovered found) {
    long index = ack.matched();
    check(
        found.log().lastIndex() >= index,
        node,
        "sent " + ack + " with entries to " + found.log().lastIndex() + " on disk");
    Optional<Position> written = node.disk().log().flatMap(log -> log.image().at(index));
    if (written.isPresent() && index >= found.log().base().index()) {
      long there = termAt(found.log(), index);
      check(
          written.get().term() == there,
          node,
          "sent %s for an entry of term %d, on disk is one of %d"
              .formatted(ack, written.get().term(), there));
    }
  }

  private static long termAt(RecoveredLog log, long index) {
    long term = log.base().term();
    for (RecoveredLog.TermRun run : log.runs()) {
      if (run.firstIndex() <= index) {
        term = run.term();
      }
    }
    return term;
  }

  /// Compares what a node shows with what others showed at the same revision.
  void sees(Machine node) {
    Subject.Life life = node.life();
    if (life == null) {
      return;
    }
    configurations.shows(node, life.node().membership());
    long position = life.position();
    Shown before = shown.get(node.id());
    if (before == null || !before.life.equals(life)) {
      before = new Shown(life, 0);
    }
    if (position == before.position) {
      return;
    }
    check(
        position > before.position,
        node,
        "its state went back from " + before.position + " to " + position);
    shown.put(node.id(), new Shown(life, position));
    committed.applied(node, before.position, position);
    long hash = life.digest();
    mix(hash);
    Long known = states.putIfAbsent(position, hash);
    check(
        known == null || known == hash,
        node,
        "at position " + position + " it has a state that differs from another node's");
  }

  /// Whatever waits in a node has a bound.
  void bounds(Machine node, NodeStatus status) {
    Raft.Load core = status.load().core();
    RaftOptions o = node.knobs().raft();
    long entries =
        o.maxTailBytes() + 2 * o.maxUnappliedBytes() + o.maxMessageBytes() + LARGEST_ENTRY;
    check(
        core.pendingReads() <= o.maxPendingReads()
            && core.applyingBytes() < 2L * o.maxApplyBytes() + LARGEST_ENTRY
            && core.tailBytes() <= entries
            && core.held() <= 3 * node.knobs().machines() * core.unwritten()
            && core.unappliedBytes() <= core.tailBytes() + core.applyingBytes()
            && status.load().calls() <= MOST_CALLS
            && status.load().readers() <= MOST_CALLS,
        node,
        "something waits without bound: " + status.load());
  }

  /// Says the same in every process: no identity hashes.
  private static long digest(Message message) {
    long kind = message.getClass().getSimpleName().hashCode();
    return switch (message) {
      case Message.Replicate m ->
          kind ^ m.term() ^ (m.previous().index() << 16) ^ ((long) m.entries().size() << 40);
      case Message.Replicated m -> kind ^ m.term() ^ (m.matched() << 16);
      case Message.Transfer.Piece m -> kind ^ m.offset() ^ ((long) m.bytes().length << 40);
      default -> kind ^ message.term();
    };
  }

  void check(boolean holds, Machine node, String what) {
    if (!holds) {
      throw violated(new Violation("node " + node.id() + ": " + what));
    }
  }

  /// Remembered: whatever is thrown inside of an engine, the engine takes for a defect of its own.
  Violation violated(Violation violation) {
    if (first == null) {
      first = violation;
    }
    return first;
  }

  /// Throws what was found, if anything was.
  void verify() {
    if (first != null) {
      throw first;
    }
  }
}
