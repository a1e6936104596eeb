package dengine.raft;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;

/// Sees everything that any node of a cluster does and knows what must never happen (Figure 3 of
/// the paper, and the durability rules D1-D9). Every scenario and every simulation is watched by
/// one.
final class Ledger {

  /// A property of Raft does not hold.
  static final class Violation extends AssertionError {
    private static final long serialVersionUID = 1;

    Violation(String what) {
      super(what);
    }
  }

  /// Nothing wrong happened, but nothing right either.
  static final class Stuck extends AssertionError {
    private static final long serialVersionUID = 1;

    Stuck(String what) {
      super(what);
    }
  }

  private static final int LARGEST_ENTRY = 400;

  private record Link(Entry entry, Position previous) {}

  /// Configurations by the index of their entry; of those that may be taken back the latest.
  private final TreeMap<Long, Membership> configurations = new TreeMap<>();

  private final Map<Integer, SimulatedNode> nodes = new TreeMap<>();
  private final Map<Long, Integer> leaders = new HashMap<>();
  private final Map<Position, Link> links = new HashMap<>();
  private final Map<Integer, HardState> promised = new HashMap<>();
  private final List<Entry> committed = new ArrayList<>();

  /// The term in which each of them was committed, which may be later than the entry's own.
  private final List<Long> committedIn = new ArrayList<>();

  private boolean checksPromises = true;
  private Optional<PassedTime> time = Optional.empty();

  Ledger(Membership membership) {
    configurations.put(0L, membership);
  }

  /// The first entries of the log, which all agree on.
  List<Entry> history(long upTo) {
    return List.copyOf(committed.subList(0, (int) upTo));
  }

  /// The last committed configuration.
  Membership membership() {
    return configurations.lastEntry().getValue();
  }

  /// Looks only at outcomes, not at what must be durable first: for planted bugs, which must be
  /// found by what they do to users.
  void ignorePromises() {
    checksPromises = false;
  }

  /// Compares the cluster's time with real time.
  void compareTime(PassedTime passed) {
    time = Optional.of(passed);
  }

  void add(SimulatedNode node) {
    nodes.put(node.id(), node);
  }

  /// Entries known to be committed, from index 1 on.
  List<Entry> committed() {
    return committed;
  }

  /// A node's disk is lost, and with it what it promised: that nobody is elected twice for it is
  /// seen by who leads.
  void forget(int node) {
    promised.remove(node);
  }

  /// How often somebody was elected.
  int elections() {
    return leaders.size();
  }

  /// Checks one effect at the moment it leaves the core.
  void see(SimulatedNode node, Effect effect) {
    switch (effect) {
      case Effect.Persist write -> seePersist(node, write);
      case Effect.Send(int to, Message message) -> seeSend(node, to, message);
      case Effect.Apply(List<Entry> entries) -> seeApply(node, entries);
      case Effect.Announce(RoleChange change) -> seeRole(node, change);
      case Effect.Fatal(Throwable cause) -> {
        if (cause instanceof Violation violation) {
          throw violation;
        }
        if (!node.isExpectedToFail()) {
          throw new IllegalStateException("node " + node.id() + " stopped: " + cause, cause);
        }
      }
      case Effect.Install(SnapshotPoint point) -> node.handOutAfter(point.position().index());
      case Effect.Configured(long index, Membership membership, boolean isCommitted) -> {
        if (isCommitted && index > 0) {
          Membership known = configurations.get(index);
          // Told before the node's commit index is looked at, by which the ledger learns of it.
          check(
              known == null || known.equals(membership),
              node,
              "committed configuration {} is {}, not {}",
              index,
              known,
              membership);
        }
      }
      case Effect.ReadEntries _,
          Effect.ServeReads _,
          Effect.Accept _,
          Effect.Refuse _,
          Effect.Compact _,
          Effect.SendSnapshot _,
          Effect.FetchSnapshot _,
          Effect.Found _ -> {}
    }
  }

  /// Checks what a node holds after an event.
  void seeState(SimulatedNode node, long commitBefore) {
    Raft raft = node.raft();
    long commit = raft.commit();
    check(commit >= commitBefore, node, "commit went back from {} to {}", commitBefore, commit);
    check(raft.applied() <= commit, node, "applied {} of {}", raft.applied(), commit);
    for (long index = commitBefore + 1; index <= commit; index++) {
      commit(node, node.disk().written().entry(index));
    }
    seeLoad(node, raft, raft.load());
  }

  /// Whatever waits in a core has a bound.
  private void seeLoad(SimulatedNode node, Raft raft, Raft.Load load) {
    RaftOptions o = node.options();
    check(load.pendingReads() <= o.maxPendingReads(), node, "reads without bound: {}", load);
    check(
        load.applyingBytes() < 2L * o.maxApplyBytes() + LARGEST_ENTRY,
        node,
        "hands out without bound: {}",
        load);
    check(
        load.tailBytes()
            <= o.maxTailBytes() + 2 * o.maxUnappliedBytes() + o.maxMessageBytes() + LARGEST_ENTRY,
        node,
        "keeps entries without bound: {}",
        load);
    check(
        load.unappliedBytes() <= load.tailBytes() + load.applyingBytes(),
        node,
        "counts entries as not applied that are neither in memory nor being applied: {}",
        load);
    check(
        load.unappliedBytes() == 0 || raft.applied() < raft.last().index(),
        node,
        "counts entries as not applied, and has applied everything: {}",
        load);
    int members = nodes.size();
    check(load.held() <= 3 * members * load.unwritten(), node, "holds without bound: {}", load);
  }

  private void commit(SimulatedNode node, Entry entry) {
    if (entry.index() <= committed.size()) {
      Entry known = committed.get((int) entry.index() - 1);
      check(known.equals(entry), node, "committed {} where {} is committed", entry, known);
      return;
    }
    check(entry.index() == committed.size() + 1, node, "committed {} after a gap", entry);
    // With the configuration before it or with the one that the commit led to.
    Membership present = node.raft().membership();
    check(
        isOnQuorum(entry, membership()) || isOnQuorum(entry, present),
        node,
        "committed {}, which no quorum holds durably",
        entry);
    committed.add(entry);
    time.ifPresent(passed -> passed.committed(entry));
    if (entry.kind() == Entry.Kind.MEMBERSHIP) {
      configurations.put(entry.index(), Membership.decode(entry.payload()));
    }
    committedIn.add(node.raft().hardState().term());
  }

  private boolean isOnQuorum(Entry entry, Membership membership) {
    return Quorum.reached(
            membership,
            id -> {
              SimulatedNode voter = nodes.get(id);
              return voter != null && voter.holds(entry.position()) ? 1 : 0;
            })
        == 1;
  }

  private void seePersist(SimulatedNode node, Effect.Persist write) {
    Position previous = node.disk().written().last();
    if (write.reset().isPresent()) {
      previous = write.reset().get().position();
      check(
          previous.equals(committed.get((int) previous.index() - 1).position()),
          node,
          "C3: resets its log to {}, which is not what is committed",
          previous);
    }
    if (write.truncateFrom() > 0) {
      previous = node.disk().written().at(write.truncateFrom() - 1);
    }
    for (Entry entry : write.entries()) {
      Link link = new Link(entry, previous);
      Link known = links.putIfAbsent(entry.position(), link);
      time.ifPresent(passed -> passed.written(entry));
      check(known == null || known.equals(link), node, "log matching: {} is not {}", link, known);
      previous = entry.position();
    }
    write.hardState().ifPresent(next -> seeHardState(node, next));
  }

  private void seeHardState(SimulatedNode node, HardState next) {
    HardState before = node.disk().written().hard();
    check(next.term() >= before.term(), node, "term went back from {} to {}", before, next);
    check(
        next.term() > before.term() || before.vote() == 0 || before.vote() == next.vote(),
        node,
        "vote changed within the term from {} to {}",
        before,
        next);
    if (checksPromises) {
      HardState promise = promised.getOrDefault(node.id(), HardState.INITIAL);
      check(
          next.term() > promise.term()
              || (next.term() == promise.term()
                  && (promise.vote() == 0 || promise.vote() == next.vote())),
          node,
          "promised {}, now {}",
          promise,
          next);
    }
  }

  /// No message may promise what a crash could take back (D1-D7).
  private void seeSend(SimulatedNode node, int to, Message message) {
    if (!checksPromises) {
      return;
    }
    SimulatedDisk.Image durable = node.disk().durable();
    HardState own = durable.hard();
    switch (message) {
      case Message.Vote(long term, boolean granted, boolean pre) when granted && !pre -> {
        check(own.equals(new HardState(term, to)), node, "D1: granted {} with {}", message, own);
        promised.put(node.id(), new HardState(term, to));
      }
      case Message.AskVote ask when !ask.pre() -> {
        HardState needed = new HardState(ask.term(), node.id());
        check(own.equals(needed), node, "D2/D3: sent {} with {} on disk", ask, own);
        check(durable.holds(ask.last()), node, "D3: sent {} with {}", ask, durable.last());
        promised.put(node.id(), needed);
      }
      case Message.Replicated ack -> {
        check(own.term() >= ack.term(), node, "D4: sent {} with {} on disk", ack, own);
        Position at = node.disk().written().at(ack.matched());
        check(durable.holds(at), node, "D4: sent {}, durable to {}", ack, durable.last());
      }
      case Message.Replicate replicate ->
          check(own.term() >= replicate.term(), node, "D6: sent {} with {}", replicate, own);
      case Message.Heartbeat beat ->
          check(own.term() >= beat.term(), node, "D6: sent {} with {} on disk", beat, own);
      case Message.OfferSnapshot offer ->
          check(own.term() >= offer.term(), node, "D6: sent {} with {}", offer, own);
      case Message.Vote _,
          Message.AskVote _,
          Message.Conflict _,
          Message.HeartbeatAck _,
          Message.Outdated _,
          Message.Introduce _,
          Message.Recognize _,
          Message.NotMember _,
          Message.Transfer _,
          Message.CampaignNow _ -> {}
    }
  }

  private void seeApply(SimulatedNode node, List<Entry> entries) {
    for (Entry entry : entries) {
      check(entry.index() == node.handedOut() + 1, node, "applies {} out of order", entry);
      node.handOut(entry);
      if (checksPromises) {
        check(
            node.disk().durable().holds(entry.position()),
            node,
            "D9: applies {}, durable to {}",
            entry,
            node.disk().durable().last());
      }
      if (entry.index() <= committed.size()) {
        Entry known = committed.get((int) entry.index() - 1);
        check(known.equals(entry), node, "applies {} instead of {}", entry, known);
      }
    }
  }

  private void seeRole(SimulatedNode node, RoleChange change) {
    if (change.role() != RoleChange.Kind.LEADER) {
      return;
    }
    Integer other = leaders.putIfAbsent(change.term(), node.id());
    check(other == null, node, "election safety: term {} has leader {}", change.term(), other);
    SimulatedDisk.Image log = node.disk().written();
    // §5.4: who hears late that it was elected may find that a later term has committed since.
    Optional<Entry> missing =
        committed.stream()
            .filter(e -> committedIn.get((int) e.index() - 1) < change.term())
            .filter(e -> !log.holds(e.position()))
            .findFirst();
    check(
        missing.isEmpty(),
        node,
        "leader completeness: leads term {} without {}",
        change.term(),
        missing);
  }

  private static void check(boolean holds, SimulatedNode node, String what, Object... values) {
    if (!holds) {
      String text = what;
      for (Object value : values) {
        text = text.replaceFirst("\\{}", Matcher.quoteReplacement(String.valueOf(value)));
      }
      throw new Violation("node " + node.id() + ": " + text);
    }
  }
}
