package dengine.testkit.simulation;

import dengine.raft.Entry;
import dengine.raft.Membership;
import dengine.raft.Message;
import dengine.raft.Position;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Mistakes about who counts, and about snapshots on their way: what a node does not say, and what
/// it hears besides.
final class SabotagedMembers {

  private final PlantedBug bug;
  private final NodeProcess process;
  private final Sabotage sabotage;

  /// What the leader calls its talk to each peer.
  private final Map<Integer, Long> sessions = new HashMap<>();

  private final Set<Integer> offered = new HashSet<>();

  SabotagedMembers(PlantedBug bug, NodeProcess process, Sabotage sabotage) {
    this.bug = bug;
    this.process = process;
    this.sabotage = sabotage;
  }

  private Membership membership() {
    return process.machine().membership();
  }

  /// Whether the node says this at all.
  boolean sent(int to, Message message) {
    switch (message) {
      case Message.Replicate m -> sessions.put(to, m.session());
      case Message.Heartbeat m -> sessions.put(to, m.session());
      default -> {}
    }
    return switch (bug) {
      case SNAPSHOT_IS_OFFERED_ONCE ->
          !(message instanceof Message.OfferSnapshot) || offered.add(to);
      case LEADER_GOES_BEFORE_ITS_REMOVAL_IS_COMMITTED -> {
        Membership present = membership();
        yield present.voters().isEmpty()
            || present.isMember(process.machine().id())
            || present.isJoint();
      }
      case JOINT_IS_LEFT_BY_ITS_LEADER_ONLY ->
          !(message instanceof Message.Replicate m) || m.entries().stream().noneMatch(this::leaves);
      default -> true;
    };
  }

  /// Whether an entry leaves a joint configuration of an earlier term.
  private boolean leaves(Entry entry) {
    if (entry.kind() != Entry.Kind.MEMBERSHIP || Membership.decode(entry.payload()).isJoint()) {
      return false;
    }
    Optional<Entry> before =
        process.machine().disk().log().stream()
            .flatMap(log -> log.image().memberships().stream())
            .filter(other -> other.index() < entry.index())
            .reduce((earlier, later) -> later);
    return before.isPresent()
        && before.get().term() < entry.term()
        && Membership.decode(before.get().payload()).isJoint();
  }

  /// What it hears that nobody said.
  List<Sabotage.Heard> besides(int from, Message message) {
    return switch (bug) {
      case CONFIGURATION_COMMITS_AT_ONCE -> commitsAtOnce(message);
      case JOINT_COMMITS_BY_THE_NEW_HALF ->
          message instanceof Message.Replicated m && isOfNewHalf(from)
              ? others(id -> new Message.Replicated(m.term(), session(id), m.matched(), m.sentAt()))
              : List.of();
      case ELECTED_BY_THE_NEW_HALF ->
          message instanceof Message.Vote vote && vote.granted() && isOfNewHalf(from)
              ? others(id -> vote)
              : List.of();
      case NEW_DISK_ASKS_NOBODY ->
          !process.machine().world().watch().configurations().isFounded()
                  || process.machine().takesPart()
                  || message instanceof Message.Recognize
              ? List.of()
              : List.of(
                  new Sabotage.Heard(
                      from,
                      new Message.Recognize(
                          message.term(), process.machine().incarnation(), true)));
      default -> List.of();
    };
  }

  private long session(int id) {
    return sessions.getOrDefault(id, 0L);
  }

  private boolean isOfNewHalf(int from) {
    Membership present = membership();
    return present.isJoint() && present.voters().contains(from);
  }

  private interface Says {
    Message says(int id);
  }

  /// All others of the old half say something.
  private List<Sabotage.Heard> others(Says what) {
    List<Sabotage.Heard> all = new ArrayList<>();
    for (int id : membership().outgoing()) {
      if (id != process.machine().id()) {
        all.add(new Sabotage.Heard(id, what.says(id)));
      }
    }
    return all;
  }

  private List<Sabotage.Heard> commitsAtOnce(Message message) {
    Position last = sabotage.last();
    boolean isChange =
        process
            .machine()
            .disk()
            .log()
            .flatMap(log -> log.image().entry(last.index()))
            .filter(entry -> entry.kind() == Entry.Kind.MEMBERSHIP)
            .isPresent();
    if (!isChange || !sabotage.leads() || !(message instanceof Message.HeartbeatAck ack)) {
      return List.of();
    }
    List<Sabotage.Heard> all = new ArrayList<>();
    for (int id : membership().members()) {
      if (id != process.machine().id()) {
        all.add(
            new Sabotage.Heard(
                id, new Message.Replicated(ack.term(), session(id), last.index(), ack.sentAt())));
      }
    }
    return all;
  }
}
