package dengine.raft;

import java.util.Map;
import java.util.TreeMap;

/// How often rare things happened: a simulation that never comes to a place proves nothing about
/// it.
final class Coverage {

  private final Map<String, Long> counts = new TreeMap<>();
  private long digest = 1;
  private Membership membershipBefore = Membership.NONE;
  private long indexBefore;
  private boolean ledBefore;

  void count(String mark) {
    counts.merge(mark, 1L, Long::sum);
  }

  Map<String, Long> counts() {
    return counts;
  }

  /// What a core is before it is told of something.
  void before(Raft raft) {
    membershipBefore = raft.membership();
    indexBefore = raft.membershipIndex();
    ledBefore = raft.roleChange().role() == RoleChange.Kind.LEADER;
  }

  /// What became of it.
  void after(Raft raft, Event event) {
    Membership present = raft.membership();
    if (raft.membershipIndex() < indexBefore) {
      count(
          membershipBefore.isJoint()
              ? "joint configuration taken back"
              : "configuration taken back");
    }
    boolean leads = raft.roleChange().role() == RoleChange.Kind.LEADER;
    if (ledBefore && !leads && raft.roleChange().role() == RoleChange.Kind.LEARNER) {
      count("leader removed itself");
    }
    if (ledBefore
        && event instanceof Event.Tick
        && present.isJoint()
        && !membershipBefore.isJoint()) {
      count("promoted");
    }
  }

  /// Of every effect so far, in order.
  long digest() {
    return digest;
  }

  void addAll(Coverage other) {
    other.counts.forEach((mark, count) -> counts.merge(mark, count, Long::sum));
  }

  void see(Effect effect) {
    digest = digest * 31 + (effect instanceof Effect.Fatal ? 1 : effect.hashCode());
    switch (effect) {
      case Effect.Persist write -> {
        if (write.truncateFrom() > 0) {
          count("truncation");
        }
      }
      case Effect.Send(int _, Message message) -> see(message);
      case Effect.ReadEntries read ->
          count(read.reader() == Raft.APPLIER ? "disk read for applying" : "disk read for a peer");
      case Effect.Refuse(Ticket _, Refusal refusal) ->
          count("refused: " + refusal.getClass().getSimpleName());
      case Effect.Announce(RoleChange change) -> count("becomes " + change.role());
      case Effect.Accept(Ticket ticket, Position _) -> {
        if (ticket instanceof Clients.Transfer) {
          count("transfer succeeded");
        }
      }
      case Effect.Compact _ -> count("compaction");
      case Effect.SendSnapshot _ -> count("snapshot needed");
      case Effect.FetchSnapshot _ -> count("snapshot fetched");
      case Effect.Install _ -> count("snapshot installed");
      case Effect.Found _ -> count("founded");
      case Effect.Configured(long index, Membership membership, boolean committed) -> {
        if (index > 0) {
          count(
              (membership.isJoint() ? "joint configuration" : "configuration")
                  + (committed ? " committed" : ""));
        }
      }
      case Effect.Apply _, Effect.ServeReads _, Effect.Fatal _ -> {}
    }
  }

  private void see(Message message) {
    switch (message) {
      case Message.Conflict _ -> count("conflict");
      case Message.Outdated _ -> count("outdated");
      case Message.CampaignNow _ -> count("campaign now");
      case Message.AskVote ask -> count(ask.pre() ? "pre-vote asked" : "vote asked");
      case Message.Vote vote -> count(vote.granted() ? "vote granted" : "vote denied");
      case Message.NotMember _ -> count("told that it is no member");
      case Message.Recognize recognize ->
          count(recognize.member() ? "recognised" : "taken for a stranger");
      case Message.OfferSnapshot _,
          Message.Introduce _,
          Message.Transfer _,
          Message.Replicate _,
          Message.Replicated _,
          Message.Heartbeat _,
          Message.HeartbeatAck _ -> {}
    }
  }
}
