package dengine.raft;

import java.util.function.BooleanSupplier;

/// Who leads: terms, votes, pre-votes, and giving leadership up (§5.2, §5.4.1; thesis §9.6,
/// §4.2.3).
final class Elections {

  private final NodeState state;
  private final Leading leading;
  private final BooleanSupplier mayCampaign;

  /// @param mayCampaign whether this node could lead as it is; otherwise it lets others
  Elections(NodeState state, Leading leading, BooleanSupplier mayCampaign) {
    this.state = state;
    this.leading = leading;
    this.mayCampaign = mayCampaign;
  }

  void onTick() {
    boolean due = state.now() >= state.electionDeadline();
    switch (state.role()) {
      case Role.Leader _ -> {}
      case Role.Learner(int leader) -> {
        if (due && leader != 0) {
          state.become(new Role.Learner(0)); // it may have been removed, and asks nobody
        }
      }
      case Role.Follower _, Role.PreCandidate _, Role.Candidate _ -> {
        if (due) {
          startPreVote();
        }
      }
    }
  }

  /// Rule E4: a higher term in any message ends candidacy and leadership. The exceptions are
  /// pre-vote traffic and votes asked for against a leader that this node protects, see
  /// [#onAskVote].
  void becomeFollower(long term, int leader) {
    if (state.role() instanceof Role.Leader role) {
      leading.stepDown(role, term, leader);
    }
    if (term > state.term()) {
      state.adopt(new HardState(term, 0));
    }
    // Within one term the vote stays (rule E2).
    boolean waited = state.role() instanceof Role.Follower || state.role() instanceof Role.Learner;
    state.become(state.isVoter() ? new Role.Follower(leader) : new Role.Learner(leader));
    if (!waited) {
      state.resetElectionDeadline();
    }
  }

  void onAskVote(int from, Message.AskVote ask) {
    if (ask.pre()) {
      answerPreVote(from, ask);
      return;
    }
    if (ask.term() > state.term()) {
      if (state.protectsLeader() && !ask.transfer()) {
        return; // thesis §4.2.3: a disturbing candidate changes nothing, not even our term
      }
      becomeFollower(ask.term(), 0);
    }
    // The promise holds within the own term too: any late answer may have taken this node to the
    // candidate's term after it promised.
    boolean promised = state.protectsLeader() && !ask.transfer();
    boolean free = state.hard().vote() == 0 && !promised;
    boolean granted =
        ask.term() == state.term()
            && (free || state.hard().vote() == from)
            && state.mayVoteFor(from)
            && state.log().isUpToDate(ask.last());
    if (granted) {
      if (state.hard().vote() != from) {
        state.adopt(new HardState(state.term(), from));
      }
      state.resetElectionDeadline();
    }
    state.durability().sendWhenDurable(from, new Message.Vote(state.term(), granted, false));
  }

  void onVote(int from, Message.Vote vote) {
    switch (state.role()) {
      case Role.PreCandidate(Votes votes) -> {
        if (vote.pre() && vote.term() == (vote.granted() ? state.term() + 1 : state.term())) {
          votes.record(from, vote.granted());
          concludePreVote(votes);
        }
      }
      case Role.Candidate(Votes votes) -> {
        if (!vote.pre() && vote.term() == state.term()) {
          votes.record(from, vote.granted());
          if (votes.wonBy(state.membership())) {
            leading.begin();
          } else if (votes.lostBy(state.membership())) {
            becomeFollower(state.term(), 0);
          }
        }
      }
      case Role.Follower _, Role.Learner _, Role.Leader _ -> {} // an answer that came too late
    }
  }

  /// Somebody has committed a configuration without this node that is newer than all it has. It may
  /// be back in a later one; whoever leads then will write to it.
  void onNotMember(Message.NotMember message) {
    boolean leads = state.role() instanceof Role.Leader;
    // One of the same index is the same, or will take its place: who led when it removed itself and
    // did not hear of the commit has it.
    if (!leads && message.index() >= state.memberships().index()) {
      state.learnRemoval();
      if (!(state.role() instanceof Role.Follower) && state.isVoter()) {
        becomeFollower(state.term(), 0);
      }
    }
  }

  /// Another configuration counts: a node that leads nobody is voter or learner as it says.
  void followConfiguration() {
    boolean learns = state.role() instanceof Role.Learner;
    if (state.role() instanceof Role.Leader || learns != state.isVoter()) {
      return;
    }
    int leader = state.role().leader();
    state.become(learns ? new Role.Follower(leader) : new Role.Learner(leader));
    state.resetElectionDeadline();
  }

  /// Thesis §3.10: the leader asked this node to take over, so it need not wait nor ask twice.
  void onCampaignNow(int from, Message.CampaignNow message) {
    boolean fromLeader = state.role() instanceof Role.Follower(int leader) && leader == from;
    if (fromLeader
        && message.term() == state.term()
        && state.isVoter()
        && mayCampaign.getAsBoolean()) {
      startElection(true);
    }
  }

  private void startPreVote() {
    if (state.isRemoved() || !mayCampaign.getAsBoolean()) {
      state.resetElectionDeadline();
      return;
    }
    Votes votes = new Votes();
    votes.record(state.id(), true);
    state.become(new Role.PreCandidate(votes)); // forgets the leader (rule E6)
    state.resetElectionDeadline();
    for (int voter : state.otherVoters()) {
      state.send(voter, new Message.AskVote(state.term() + 1, state.log().last(), true, false));
    }
    concludePreVote(votes);
  }

  private void concludePreVote(Votes votes) {
    boolean won = votes.wonBy(state.membership());
    if (won && mayCampaign.getAsBoolean()) {
      startElection(false);
    } else if (won || votes.lostBy(state.membership())) {
      becomeFollower(state.term(), 0);
    }
  }

  private void startElection(boolean transfer) {
    state.adopt(new HardState(state.term() + 1, state.id()));
    state.become(new Role.Candidate(new Votes()));
    state.resetElectionDeadline();
    // Asked only when term, own vote and log are on disk. Otherwise a crash could bring this node
    // back with the old term and a shorter log, and when it stood in the same term again, votes
    // granted to the first log would elect the second. Nor may a leader's own term be less durable
    // than what it sends (D6).
    Message ask = new Message.AskVote(state.term(), state.log().last(), false, transfer);
    for (int voter : state.otherVoters()) {
      state.durability().sendWhenDurable(voter, ask);
    }
    // Its own vote counts like any other (D2).
    Message own = new Message.Vote(state.term(), true, false);
    state.durability().sendWhenDurable(state.id(), own);
  }

  /// A pre-vote changes neither term nor vote here, whatever the answer. One for an old term is
  /// answered too, with our term: otherwise a node with a long log and an old term and one with a
  /// short log and a new term would refuse each other for ever (rule E5).
  private void answerPreVote(int from, Message.AskVote ask) {
    boolean granted =
        ask.term() > state.term()
            && state.mayVoteFor(from)
            && state.log().isUpToDate(ask.last())
            && !state.protectsLeader();
    long term = granted ? ask.term() : state.term();
    state.send(from, new Message.Vote(term, granted, true));
    Memberships memberships = state.memberships();
    if (!granted && !memberships.committed().isMember(from) && !state.membership().isMember(from)) {
      state.send(from, new Message.NotMember(state.term(), memberships.committedIndex()));
    }
  }
}
