package dengine.raft;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/// How a leader changes who takes part (§6; thesis chapter 4): one change at a time, none before an
/// entry of its own term is committed (rule M1), joint whenever a vote changes hands.
final class Reconfiguration {

  private final NodeState state;
  private final Replication replication;
  private long sessions;

  Reconfiguration(NodeState state, Replication replication) {
    this.state = state;
    this.replication = replication;
  }

  void onMembershipAsked(Ticket ticket, MembershipChange change) {
    if (!(state.role() instanceof Role.Leader leader)) {
      state.emit(new Effect.Refuse(ticket, new Refusal.NotLeader(state.role().leader())));
      return;
    }
    Optional<Refusal> refusal = whyNotNow(leader);
    if (refusal.isPresent()) {
      state.emit(new Effect.Refuse(ticket, refusal.get()));
      return;
    }
    Membership present = state.membership();
    NextMembership next = NextMembership.after(present, change);
    refusal =
        next.refusal()
            .or(
                () ->
                    whyNot(leader, present, next.membership(), change)
                        .map(found -> unlessTooEarly(leader, found)));
    if (refusal.isPresent()) {
      state.emit(new Effect.Refuse(ticket, refusal.get()));
    } else if (next.membership().equals(present)) {
      long index = state.memberships().index();
      long term = Math.max(0, state.log().termAt(index));
      state.emit(new Effect.Accept(ticket, new Position(index, term)));
    } else {
      Entry entry = append(leader, next.membership());
      state.emit(new Effect.Accept(ticket, entry.position()));
    }
  }

  /// A node with another disk than the configuration has introduced itself: if it is a member, the
  /// configuration follows, and any vote it had is lost with the disk it was given to.
  void onStranger(Role.Leader leader, int id, Message.Introduce message) {
    Membership present = state.membership();
    Membership.Member known = present.member(id);
    if (!present.isMember(id)
        || known.incarnation() == message.incarnation()
        || (isElsewhere(known, message.address()) && answers(leader, id))
        || whyNotNow(leader).isPresent()) {
      return;
    }
    String address = known.address().isEmpty() ? message.address() : known.address();
    Membership.Member fresh =
        new Membership.Member(address, message.incarnation(), known.readOnly(), known.replaces());
    MembershipChange change = new MembershipChange.Add(id, fresh);
    NextMembership next = NextMembership.after(present, change);
    if (next.refusal().or(() -> whyNot(leader, present, next.membership(), change)).isEmpty()) {
      append(leader, next.membership());
    }
  }

  /// Whether no change can begin at present.
  private Optional<Refusal> whyNotNow(Role.Leader leader) {
    if (leader.transfer.isPresent()) {
      return Optional.of(new Refusal.Transferring(leader.transfer.get().to()));
    }
    if (state.commit() < leader.firstOfTerm) {
      return Optional.of(new Refusal.ChangeInProgress("the leader has only just been elected"));
    }
    if (state.membership().isJoint() || state.memberships().index() > state.commit()) {
      return Optional.of(
          new Refusal.ChangeInProgress(
              "the configuration of index " + state.memberships().index()));
    }
    // The others commit changes while this node's own disk is stuck. Beyond what commands may take,
    // so that they do not keep changes out.
    if (state.unappliedBytes() >= 2 * state.options().maxUnappliedBytes()) {
      return Optional.of(new Refusal.Overloaded("maxUnappliedBytes"));
    }
    return Optional.empty();
  }

  /// A number that is taken is not given away: to a new disk elsewhere only when the one that has
  /// it is silent, and to another address only by [MembershipChange.Readdress]. Whoever mistypes a
  /// number would put a healthy node out otherwise. A new disk at the same address is the same
  /// node's.
  private Optional<Refusal> whyTaken(Role.Leader leader, int id, Membership.Member wanted) {
    Membership.Member known = state.membership().member(id);
    if (!state.membership().isMember(id)) {
      return Optional.empty();
    }
    String who = "node " + id + " at " + known.address();
    if (wanted.incarnation() == 0) {
      return wanted.address().isEmpty() || wanted.address().equals(known.address())
          ? Optional.empty()
          : Optional.of(
              new Refusal.Invalid(who + " is a member already; if it has moved, readdress it"));
    }
    boolean sameDisk = known.incarnation() == 0 || known.incarnation() == wanted.incarnation();
    return sameDisk || !isElsewhere(known, wanted.address()) || !answers(leader, id)
        ? Optional.empty()
        : Optional.of(
            new Refusal.ChangeInProgress(
                who + " has this number, and answers: another disk may have it when it is silent"));
  }

  private static boolean isElsewhere(Membership.Member known, String address) {
    return !known.address().isEmpty() && !address.isEmpty() && !known.address().equals(address);
  }

  /// Whether a member was heard from a moment ago, in whatever state it is.
  private boolean answers(Role.Leader leader, int id) {
    Progress peer = leader.peers.get(id);
    return id == state.id()
        || (peer != null
            && state.now() - peer.lastContact() < 2 * state.options().electionTimeout().toNanos());
  }

  /// Rules M7, M8: after the change, a majority of the voters must be there and have the log.
  private Optional<Refusal> whyNot(
      Role.Leader leader, Membership present, Membership next, MembershipChange change) {
    if (change instanceof MembershipChange.Add(int id, Membership.Member wanted)) {
      Optional<Refusal> taken = whyTaken(leader, id, wanted);
      if (taken.isPresent()) {
        return taken;
      }
    }
    if (change instanceof MembershipChange.Promote(List<Integer> ids)) {
      for (int id : ids) {
        if (!present.voters().contains(id) && !mayBePromoted(leader, id)) {
          return Optional.of(new Refusal.WouldLoseQuorum(whyBehind(leader, id)));
        }
      }
    }
    if (next.voters().equals(present.voters())) {
      return Optional.empty();
    }
    List<Integer> missing = new ArrayList<>();
    for (int voter : next.voters()) {
      if (voter != state.id() && !isCaughtUp(leader, voter)) {
        missing.add(voter);
      }
    }
    int there = next.voters().size() - missing.size();
    List<Integer> silent =
        present.voters().stream()
            .filter(id -> id != state.id() && !isHeardFrom(leader, id))
            .toList();
    if (present.voters().size() - silent.size() < present.voters().size() / 2 + 1) {
      // The joint configuration could not be left before they come back.
      return Optional.of(
          new Refusal.WouldLoseQuorum(
              "of the present voters %s, %s do not answer".formatted(present.voters(), silent)));
    }
    return there >= next.voters().size() / 2 + 1
        ? Optional.empty()
        : Optional.of(
            new Refusal.WouldLoseQuorum(
                "of the voters %s there would be then, %s do not answer or are far behind"
                    .formatted(next.voters(), missing)));
  }

  /// A leader that was just elected has yet to hear from those who did not elect it: that they are
  /// silent says nothing before it has asked them for an election timeout.
  private Refusal unlessTooEarly(Role.Leader leader, Refusal refusal) {
    return refusal instanceof Refusal.WouldLoseQuorum(String why)
            && state.now() - leader.since < state.options().electionTimeout().toNanos()
        ? new Refusal.ChangeInProgress("the leader has only just been elected: " + why)
        : refusal;
  }

  private boolean isCaughtUp(Role.Leader leader, int id) {
    Progress peer = leader.peers.get(id);
    return peer != null && isHeardFrom(peer) && lag(peer) <= state.options().promotionLag();
  }

  /// Nobody gets a vote who does not hold the configuration by which he is a member: until then he
  /// may grant none, see [NodeState#mayVoteFor].
  private boolean mayBePromoted(Role.Leader leader, int id) {
    return isCaughtUp(leader, id) && leader.peer(id).match() >= state.memberships().index();
  }

  private boolean isHeardFrom(Role.Leader leader, int id) {
    Progress peer = leader.peers.get(id);
    return peer != null && isHeardFrom(peer);
  }

  private boolean isHeardFrom(Progress peer) {
    return peer.isStreaming()
        && state.now() - peer.lastContact() < state.options().electionTimeout().toNanos();
  }

  private long lag(Progress peer) {
    return state.log().lastIndex() - peer.match();
  }

  private String whyBehind(Role.Leader leader, int id) {
    Progress peer = leader.peers.get(id);
    if (peer == null || !isHeardFrom(peer)) {
      return "node " + id + " does not answer";
    }
    if (lag(peer) <= state.options().promotionLag()) {
      return "node %d has yet to hear of the configuration of index %d"
          .formatted(id, state.memberships().index());
    }
    return "node %d is %d entries behind, at most %d are permitted"
        .formatted(id, lag(peer), state.options().promotionLag());
  }

  /// Measures learners and promotes those that have caught up. Once per heartbeat.
  void promoteWhoCaughtUp(Role.Leader leader) {
    long timeout = state.options().electionTimeout().toNanos();
    Membership present = state.membership();
    List<Integer> ready = new ArrayList<>();
    for (int id : present.learners()) {
      if (id == state.id()) {
        continue; // gave its vote away a moment ago
      }
      Progress peer = leader.peer(id);
      peer.measure(state.log().lastIndex(), state.now(), timeout);
      if (!present.member(id).readOnly()
          && peer.follows(state.now(), timeout)
          && mayBePromoted(leader, id)) {
        ready.add(id);
      }
    }
    if (ready.isEmpty() || whyNotNow(leader).isPresent()) {
      return;
    }
    List<Integer> chosen = choose(present, ready);
    if (chosen.isEmpty()) {
      return;
    }
    NextMembership next = NextMembership.after(present, new MembershipChange.Promote(chosen));
    if (next.refusal().isEmpty()
        && whyNot(leader, present, next.membership(), new MembershipChange.Promote(chosen))
            .isEmpty()) {
      append(leader, next.membership());
    }
  }

  /// One that replaces a voter first, since that leaves their number as it is; else as many as keep
  /// it odd: an even number of voters tolerates no more failures than one less.
  private List<Integer> choose(Membership present, List<Integer> ready) {
    for (int id : ready) {
      if (present.voters().contains(present.member(id).replaces())) {
        return List.of(id);
      }
    }
    int count = ready.size();
    if (state.options().oddVoters() && (present.voters().size() + count) % 2 == 0) {
      count--;
    }
    return ready.subList(0, count);
  }

  /// What follows from a commit: a joint configuration that both halves have committed is left, by
  /// whichever leader sees it (rules M2, M3).
  void leaveJointIfCommitted(Role.Leader leader) {
    Membership present = state.membership();
    if (!present.isJoint()
        || state.memberships().index() > state.commit()
        || state.commit() < leader.firstOfTerm) {
      return;
    }
    append(leader, NextMembership.left(present));
  }

  /// Whether this leader has given away its vote, for good, and has told so whom it could.
  boolean mustGo() {
    return !state.membership().isJoint()
        && state.memberships().index() <= state.commit()
        && !state.membership().voters().contains(state.id());
  }

  private Entry append(Role.Leader leader, Membership next) {
    Entry entry =
        new Entry(
            state.log().lastIndex() + 1,
            state.term(),
            leader.clusterTime(state.now()),
            Entry.Kind.MEMBERSHIP,
            next.encode());
    state.append(0, List.of(entry));
    followPeers(leader);
    replication.toAll(leader);
    return entry;
  }

  /// Gives each member a [Progress], keeping what is proven about those that stay (rule M10).
  void followPeers(Role.Leader leader) {
    Membership membership = state.membership();
    TreeMap<Integer, Progress> before = new TreeMap<>(leader.peers);
    leader.peers.clear();
    for (int id : state.others()) {
      long incarnation = membership.member(id).incarnation();
      Progress known = before.get(id);
      boolean same = known != null && known.incarnation() == incarnation;
      leader.peers.put(
          id,
          same
              ? known
              : new Progress(
                  id, incarnation, ++sessions, state.log().lastIndex() + 1, state.now()));
    }
  }
}
