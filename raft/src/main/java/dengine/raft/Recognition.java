package dengine.raft;

import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/// What a node with a new disk does before it takes part: it introduces itself, and waits until it
/// is recognised. A disk that was wiped has forgotten votes and entries that others rely on, so it
/// must not act for the node that lost it; only the others can tell the two apart, by the random
/// number a disk is set up with, its *incarnation*.
///
/// **Founding.** The configured founders tell each other whom they have heard. Who has heard from
/// all of them, and from all of them that they have heard the same, writes that down and takes
/// part. So at most one set of incarnations is ever written down by nodes that could form a quorum:
/// for a second one, somebody of the first would have to confirm what differs from what he wrote
/// down, or a majority would have to be wiped: which one that founded alone is.
///
/// Those who restored a backup do the same, since it says who they are and not on which disks: the
/// log of such a disk is as good as none when the cluster has moved on.
///
/// **Later.** A member answers by its committed configuration, which cannot be taken back; the
/// asker takes on the answer's term, so that no leader without that configuration can count it (it
/// would be of an earlier term).
final class Recognition {

  private final NodeState state;
  private final String address;

  /// Who founds the cluster together with this node; [Membership#NONE] if it joins.
  private final Membership founders;

  /// Incarnations heard from the founders themselves, this node's included.
  private final TreeMap<Integer, Long> heard = new TreeMap<>();

  /// What each of them said it had heard.
  private final TreeMap<Integer, Map<Integer, Long>> said = new TreeMap<>();

  /// The cluster exists, and knows another disk of this node.
  private boolean stranger;

  private boolean founding;
  private long introductionDue;

  Recognition(NodeState state, Raft.Start start) {
    this.state = state;
    this.address = start.address();
    this.founders =
        start.bootstrap() == Raft.Bootstrap.FOUND ? start.membership() : Membership.NONE;
    if (founders.isMember(state.id())) {
      heard.put(state.id(), state.incarnation());
    }
    this.introductionDue = state.now();
  }

  /// When [#onTick] is due.
  long nextDeadline() {
    return founders.voters().isEmpty() ? Long.MAX_VALUE : introductionDue;
  }

  void onTick() {
    if (state.now() >= introductionDue) {
      introduceToFounders();
    }
  }

  /// Anything that arrives while this node is not recognised. Nothing else is listened to: an
  /// answer to a leader would count as that of the disk that was lost.
  void onMessage(int from, Message message) {
    switch (message) {
      case Message.Introduce introduce -> onIntroduce(from, introduce);
      case Message.Recognize recognize -> onRecognize(from, recognize);
      default -> introduceTo(from);
    }
  }

  private void onIntroduce(int from, Message.Introduce message) {
    if (stranger || !founders.isMember(from) || message.heard().isEmpty()) {
      return; // neither can tell the other anything
    }
    if (founding) {
      return; // decided: it would confirm something else than what it is about to write down
    }
    boolean knowsMe = knows(message.heard());
    if (message.founded()) {
      if (knowsMe) {
        foundWith(message.heard());
      } else {
        becomeStranger();
      }
      return;
    }
    Long before = heard.put(from, message.incarnation());
    if (before != null && before != message.incarnation()) {
      said.clear(); // what the others said was about the disk that is gone, or may have been
    }
    said.put(from, message.heard());
    if (before == null || before != message.incarnation()) {
      introduceToFounders();
    } else if (!knowsMe) {
      introduceTo(from);
    }
    boolean complete = heard.size() == founders.members().size();
    if (complete && founders.members().stream().allMatch(this::agrees)) {
      foundWith(heard);
    }
  }

  private boolean agrees(int founder) {
    return founder == state.id() || heard.equals(said.get(founder));
  }

  private boolean knows(Map<Integer, Long> incarnations) {
    Long mine = incarnations.get(state.id());
    return mine != null && mine == state.incarnation();
  }

  private void onRecognize(int from, Message.Recognize message) {
    if (message.incarnation() != state.incarnation() || founding) {
      return; // about a disk this node had before
    }
    if (!message.member()) {
      becomeStranger();
    } else if (from == state.id()) {
      takePart();
    } else {
      takeOn(message.term());
    }
  }

  private void takeOn(long term) {
    // The lost disk may have voted in this term: that vote is spent. A vote that it gave in a later
    // one elects nobody: whoever has that and enough others lacks the committed configuration by
    // which this node was recognised, and a majority without this node has it.
    if (term > state.term()) {
      state.adopt(new HardState(term, state.id()));
    }
    // Only when that is on disk: a node that came back recognised, but without the term, could
    // follow a leader whom the cluster has left behind.
    Message known = new Message.Recognize(state.term(), state.incarnation(), true);
    state.durability().sendWhenDurable(state.id(), known);
  }

  private void takePart() {
    if (founders.voters().isEmpty()) {
      state.recognise();
    } else {
      // The cluster has moved on since it was founded. What role this node has now the log will
      // say;
      // the one it was configured with may be that of a disk that is lost.
      found(Membership.NONE);
    }
  }

  /// From now on it waits to be added again, as what it is.
  private void becomeStranger() {
    if (!stranger && !founding) {
      stranger = true;
      heard.clear();
      said.clear();
      introduceToFounders();
    }
  }

  private void foundWith(Map<Integer, Long> incarnations) {
    if (!incarnations.keySet().equals(new TreeSet<>(founders.members()))) {
      return; // configured with other founders: the two do not belong together
    }
    TreeMap<Integer, Membership.Member> details = new TreeMap<>();
    incarnations.forEach(
        (id, incarnation) -> {
          Membership.Member known = founders.member(id);
          details.put(
              id,
              new Membership.Member(
                  known.address(), incarnation, known.readOnly(), known.replaces()));
        });
    found(founders.withDetails(details));
  }

  private void found(Membership membership) {
    if (!founding) {
      founding = true;
      state.memberships().reset(0, membership);
      state.emit(new Effect.Found(membership));
    }
  }

  /// What was agreed on is written down.
  void onFounded() {
    state.emit(new Effect.Configured(0, state.membership(), true));
    state.recognise();
    // The others may be waiting for nothing but this.
    for (int other : founders.members()) {
      if (other != state.id()) {
        state.send(other, foundedIntroduction());
      }
    }
  }

  /// As a member, answers somebody who is not.
  void answer(int from, Message.Introduce message) {
    Memberships memberships = state.memberships();
    if (memberships.committedIndex() == 0 && !message.heard().isEmpty()) {
      state.send(from, foundedIntroduction());
      return;
    }
    Membership committed = memberships.committed();
    boolean member =
        committed.isMember(from) && committed.member(from).incarnation() == message.incarnation();
    state.send(from, new Message.Recognize(state.term(), message.incarnation(), member));
  }

  /// A candidate that this node may not vote for yet is asked whether he knows its disk. A founder
  /// that has yet to hear of everything may be the one whose vote is needed.
  void onAskVote(int candidate) {
    if (!state.mayVoteFor(candidate)) {
      heard.clear(); // or he would tell who founded the cluster instead
      introduceTo(candidate);
    }
  }

  /// An answer to that.
  void onVouched(int from, Message.Recognize message) {
    if (message.member() && message.incarnation() == state.incarnation()) {
      state.isKnownTo(from);
    }
  }

  /// What the cluster takes for this node's disk may be another one: a message of that may have
  /// been late. Then the leader hears of this one, as if it were new.
  void correct(int leader) {
    long known = state.memberships().committed().member(state.id()).incarnation();
    if (known != 0
        && known != state.incarnation()
        && state.memberships().committedIndex() == state.memberships().index()) {
      introduceTo(leader);
    }
  }

  private Message foundedIntroduction() {
    TreeMap<Integer, Long> incarnations = new TreeMap<>();
    state
        .memberships()
        .committed()
        .details()
        .forEach((id, member) -> incarnations.put(id, member.incarnation()));
    return new Message.Introduce(0, state.incarnation(), incarnations, true, address);
  }

  private void introduceToFounders() {
    introductionDue = state.now() + state.options().electionTimeout().toNanos() / 2;
    for (int other : founders.members()) {
      if (other != state.id()) {
        introduceTo(other);
      }
    }
  }

  private void introduceTo(int other) {
    state.send(other, new Message.Introduce(0, state.incarnation(), heard, false, address));
  }
}
