package dengine.embedded;

import dengine.api.ClusterMember;
import dengine.api.ClusterMember.Standing;
import dengine.api.ClusterMembership;
import dengine.api.Leader;
import dengine.api.Member;
import dengine.engine.Configuration;
import dengine.engine.Node;
import dengine.engine.NodeStatus;
import dengine.raft.Membership;
import dengine.raft.RoleChange;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/// Who takes part and where, as this node knows it: by the cluster's configuration, and by its own
/// as far as that one does not say.
final class Members {

  private final Node node;
  private final List<MemberAddress> configured;
  private final Duration electionTimeout;

  /// Those that took this node in, until it has the configuration from the log.
  private volatile Map<Integer, String> met = Map.of();

  Members(Node node, List<MemberAddress> configured, Duration electionTimeout) {
    this.node = node;
    this.configured = configured;
    this.electionTimeout = electionTimeout;
  }

  /// Others told where the members are.
  void met(Map<Integer, String> others) {
    met = Map.copyOf(others);
  }

  String address(int id) {
    return address(node.membership().membership(), id);
  }

  private String address(Membership membership, int id) {
    String known = membership.member(id).address();
    // What a node that is alone was told about itself is newer: it may have moved.
    boolean alone = id == node.id() && membership.members().size() == 1;
    return known.isEmpty() || alone
        ? configuredAddress(id).orElseGet(() -> met.getOrDefault(id, known))
        : known;
  }

  private Optional<String> configuredAddress(int id) {
    return configured.stream()
        .filter(member -> member.id() == id)
        .map(MemberAddress::address)
        .findFirst();
  }

  /// The configured address of a node that is alone, if the cluster's configuration has another one
  /// or none.
  Optional<String> movedAlone() {
    Membership membership = node.membership().membership();
    String written = membership.member(node.id()).address();
    return membership.members().equals(List.of(node.id()))
        ? configuredAddress(node.id()).filter(now -> now.isEmpty() || !now.equals(written))
        : Optional.empty();
  }

  List<Member> list() {
    RoleChange now = node.role();
    Membership membership = node.membership().membership();
    return membership.members().stream()
        .map(id -> new Member(id, address(membership, id), roleOf(membership, id, now)))
        .toList();
  }

  /// Announced only when it serves: a new leader that has not yet applied what was committed before
  /// its term is none.
  Optional<Leader> leader() {
    RoleChange now = node.role();
    boolean serves = now.leader() != 0 && (now.leader() != node.id() || node.isLeading());
    return serves
        ? Optional.of(new Leader(now.leader(), address(now.leader()), now.term()))
        : Optional.empty();
  }

  private Member.Role roleOf(Membership membership, int id, RoleChange now) {
    if (id == now.leader()) {
      return Member.Role.LEADER;
    }
    if (!membership.isVoter(id)) {
      return Member.Role.LEARNER;
    }
    // As in the lifecycle: who only asks whether it would be elected is a follower still.
    boolean campaigns = now.role() == RoleChange.Kind.CANDIDATE;
    return id == node.id() && campaigns ? Member.Role.CANDIDATE : Member.Role.FOLLOWER;
  }

  /// For operators, with how far each member is behind and how long it has been silent if this node
  /// leads.
  ClusterMembership view() {
    return view(node.membership(), heard());
  }

  /// For operators who watch.
  ClusterMembership view(Configuration now) {
    return view(now, Map.of());
  }

  /// What a leader knows of a member, itself included.
  private record Heard(long lag, long silentMillis) {}

  private Map<Integer, Heard> heard() {
    Map<Integer, Heard> heard = new HashMap<>();
    if (node.isLeading()) {
      NodeStatus status = node.status();
      heard.put(node.id(), new Heard(0, 0));
      for (NodeStatus.Peer peer : status.peers()) {
        long lag = Math.max(0, status.lastIndex() - peer.matchIndex());
        heard.put(peer.id(), new Heard(lag, silence(peer)));
      }
    }
    return heard;
  }

  /// Two election timeouts, as where a member has to have been heard from: between two answers of
  /// one that lives passes less.
  private long silence(NodeStatus.Peer peer) {
    long millis = peer.lastContactMillis();
    return millis > 2 * electionTimeout.toMillis() ? millis : 0;
  }

  private ClusterMembership view(Configuration now, Map<Integer, Heard> heard) {
    Membership membership = now.membership();
    List<ClusterMember> members =
        membership.members().stream().map(id -> member(membership, id, heard.get(id))).toList();
    int leader = leader().map(Leader::id).orElse(0);
    return new ClusterMembership(now.index(), now.committed(), leader, members);
  }

  private ClusterMember member(Membership membership, int id, @Nullable Heard heard) {
    Membership.Member known = membership.member(id);
    return new ClusterMember(
        id,
        address(membership, id),
        standing(membership, id),
        known.readOnly(),
        known.incarnation(),
        known.replaces(),
        heard == null ? OptionalLong.empty() : OptionalLong.of(heard.lag()),
        heard == null ? OptionalLong.empty() : OptionalLong.of(heard.silentMillis()));
  }

  private static Standing standing(Membership membership, int id) {
    if (membership.voters().contains(id)) {
      boolean both = !membership.isJoint() || membership.outgoing().contains(id);
      return both ? Standing.VOTER : Standing.ENTERING;
    }
    if (membership.outgoing().contains(id)) {
      return membership.demoted().contains(id) ? Standing.DEMOTED : Standing.LEAVING;
    }
    return Standing.LEARNER;
  }
}
