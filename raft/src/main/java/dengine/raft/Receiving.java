package dengine.raft;

/// What a message means, by its kind, its term and what this node is.
final class Receiving {

  private final NodeState state;
  private final Elections elections;
  private final Following following;
  private final Replication replication;
  private final Reads reads;
  private final Leading leading;
  private final Reconfiguration reconfiguration;
  private final Snapshots snapshots;
  private final Recognition recognition;

  Receiving(
      NodeState state,
      Elections elections,
      Following following,
      Replication replication,
      Reads reads,
      Leading leading,
      Reconfiguration reconfiguration,
      Snapshots snapshots,
      Recognition recognition) {
    this.state = state;
    this.elections = elections;
    this.following = following;
    this.replication = replication;
    this.reads = reads;
    this.leading = leading;
    this.reconfiguration = reconfiguration;
    this.snapshots = snapshots;
    this.recognition = recognition;
  }

  void receive(int from, Message message) {
    if (!state.isRecognised()) {
      recognition.onMessage(from, message);
      return;
    }
    switch (message) {
      case Message.AskVote ask -> {
        recognition.onAskVote(from);
        elections.onAskVote(from, ask);
      }
      case Message.Vote vote when vote.pre() && vote.granted() -> elections.onVote(from, vote);
      case Message.Vote vote -> {
        if (isCurrent(vote)) {
          elections.onVote(from, vote);
        }
      }
      case Message.Replicate replicate -> {
        if (isFromLeader(from, replicate)) {
          following.onReplicate(from, replicate);
        }
      }
      case Message.Heartbeat heartbeat -> {
        if (isFromLeader(from, heartbeat)) {
          following.onHeartbeat(from, heartbeat);
          recognition.correct(from);
        }
      }
      case Message.CampaignNow campaign -> {
        if (isCurrent(campaign)) {
          elections.onCampaignNow(from, campaign);
        }
      }
      case Message.OfferSnapshot offer -> {
        if (isFromLeader(from, offer)) {
          snapshots.onOffer(from, offer);
        }
      }
      case Message.Introduce _, Message.Recognize _, Message.NotMember _ ->
          receiveAboutMembers(from, message);
      case Message.Transfer transfer ->
          throw new IllegalArgumentException("the core takes part in no " + transfer);
      case Message.Replicated _, Message.Conflict _, Message.HeartbeatAck _, Message.Outdated _ -> {
        if (isCurrent(message)) {
          onAnswer(from, message);
        }
      }
    }
  }

  private void receiveAboutMembers(int from, Message message) {
    switch (message) {
      case Message.Introduce introduce when introduce.founded() -> {} // to those who still wait
      case Message.Introduce introduce -> {
        recognition.answer(from, introduce);
        if (state.role() instanceof Role.Leader leader) {
          reconfiguration.onStranger(leader, from, introduce);
        }
      }
      case Message.Recognize recognize -> recognition.onVouched(from, recognize);
      case Message.NotMember notMember -> elections.onNotMember(notMember);
      default -> throw new IllegalArgumentException("not about members: " + message);
    }
  }

  /// Rule E4: follows a higher term, ignores a lower one.
  private boolean isCurrent(Message message) {
    if (message.term() > state.term()) {
      elections.becomeFollower(message.term(), 0);
    }
    return message.term() == state.term();
  }

  private boolean isFromLeader(int from, Message message) {
    if (message.term() < state.term()) {
      // Without an answer a leader that was cut off would never learn of the new term (etcd-raft).
      state.send(from, new Message.Outdated(state.term()));
      return false;
    }
    int known = state.role().leader();
    if (message.term() == state.term() && known != 0 && known != from) {
      throw new IllegalStateException(
          "node " + from + " leads term " + state.term() + ", and so does node " + known);
    }
    if (message.term() > state.term() || known != from) {
      elections.becomeFollower(message.term(), from);
    }
    state.heardFromLeader();
    return true;
  }

  private void onAnswer(int from, Message message) {
    if (!(state.role() instanceof Role.Leader leader) || !leader.peers.containsKey(from)) {
      return;
    }
    Progress peer = leader.peer(from);
    boolean moved = false;
    switch (message) {
      case Message.Replicated answer when answer.session() == peer.session() -> {
        peer.heard(state.now());
        moved = replication.onReplicated(peer, answer);
      }
      case Message.Conflict answer when answer.session() == peer.session() -> {
        peer.heard(state.now());
        replication.onConflict(peer, answer);
      }
      case Message.HeartbeatAck answer when answer.session() == peer.session() -> {
        peer.heard(state.now());
        replication.onHeartbeatAck(peer, answer);
        reads.concludeRound(leader);
      }
      default -> {} // an answer to an earlier session, or one that only carried its term (rule L8)
    }
    if (moved) {
      leading.commitWhatQuorumHolds(leader);
      leading.continueTransfer(leader);
    }
  }
}
