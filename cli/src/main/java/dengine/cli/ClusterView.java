package dengine.cli;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// What the nodes said, put together: who leads, and how far the others are behind.
///
/// @param leader of those that say they lead, the one with the highest term
/// @param reports one per node, each node once
/// @param ids numbers by address, as far as any member knows them
record ClusterView(
    Optional<NodeReport.Answered> leader, List<NodeReport> reports, Map<String, Integer> ids) {

  static ClusterView of(List<NodeReport> reports, Map<String, Integer> ids) {
    List<NodeReport.Answered> answered = new ArrayList<>();
    List<NodeReport> distinct = new ArrayList<>();
    for (NodeReport report : reports) {
      switch (report) {
        case NodeReport.Answered node -> {
          // One node under two addresses (a name and a number): its first report is enough.
          if (answered.stream().noneMatch(other -> other.id() == node.id())) {
            answered.add(node);
            distinct.add(node);
          }
        }
        case NodeReport.Silent node -> distinct.add(node);
      }
    }
    // Two may think so for a moment; the one with the higher term does.
    Optional<NodeReport.Answered> leader =
        answered.stream()
            .filter(NodeReport.Answered::leads)
            .max(Comparator.comparingLong(NodeReport.Answered::term));
    return new ClusterView(leader, distinct, ids);
  }

  /// @throws CommandException if nobody leads; it says why, as far as that can be seen
  void requireLeader(Target.Found found) {
    if (leader.isEmpty()) {
      throw new CommandException(
          ExitCode.UNAVAILABLE, "no leader among the nodes at " + found + ": " + answering());
    }
  }

  /// Why there is no leader, as far as that can be seen: how many nodes answered, of how many, and
  /// what those wait for that answered.
  String answering() {
    long answered = reports.stream().filter(NodeReport.Answered.class::isInstance).count();
    String count = answered + " of " + reports.size() + " answer, ";
    // Where one is a member there is a cluster: that another waits for one to begin is its own
    // mistake, and not why nobody leads.
    if (answered > 0 && !has(NodeReport.Part.MEMBER)) {
      if (has(NodeReport.Part.FOUNDING)) {
        return count + "the cluster begins when all its members have been started";
      }
      return count
          + (has(NodeReport.Part.REMOVED)
              ? "and no member of the cluster is among them: ask one that still is"
              : "and none of them has been taken in by a cluster");
    }
    return count + "a leader needs most of the voters";
  }

  private boolean has(NodeReport.Part part) {
    return reports.stream().anyMatch(r -> r instanceof NodeReport.Answered a && a.part() == part);
  }

  Table table() {
    Table table =
        new Table("NODE", "ADDRESS", "ROLE", "TERM", "LAST", "COMMIT", "APPLIED", "LAG", "HEARD");
    for (NodeReport report : reports) {
      switch (report) {
        case NodeReport.Answered node ->
            table.row(
                node.id(),
                node.address(),
                node.standing(),
                node.term(),
                node.lastIndex(),
                node.commitIndex(),
                node.appliedIndex(),
                lag(node.id()),
                heard(node.id()));
        case NodeReport.Silent node -> {
          Optional<Integer> id = Optional.ofNullable(ids.get(node.address()));
          table.row(
              id.map(String::valueOf).orElse("?"),
              node.address(),
              "unreachable (" + node.reason() + ")",
              "-",
              "-",
              "-",
              "-",
              id.map(this::lag).orElse("?"),
              id.map(this::heard).orElse("?"));
        }
      }
    }
    return table;
  }

  Map<String, @Nullable Object> json() {
    return Json.object(
        "leader",
        leader.map(NodeReport.Answered::id).orElse(null),
        "term",
        leader.map(NodeReport.Answered::term).orElse(null),
        "nodes",
        reports.stream().map(this::json).toList());
  }

  /// Entries that a node is behind the leader, or `?`.
  String lag(int id) {
    if (leader.filter(node -> node.id() == id).isPresent()) {
      return "0";
    }
    return peer(id).map(peer -> String.valueOf(peer.lag())).orElse("?");
  }

  /// When the leader heard of a node, or `?`.
  String heard(int id) {
    if (leader.filter(node -> node.id() == id).isPresent()) {
      return "-";
    }
    if (leader.isEmpty()) {
      return "?"; // only a leader knows
    }
    // Of others than its peers the leader knows nothing.
    return peer(id).map(peer -> peer.lastContactMillis() + " ms ago").orElse("?");
  }

  private Optional<NodeReport.Peer> peer(int id) {
    return leader.flatMap(
        node -> node.peers().stream().filter(peer -> peer.id() == id).findFirst());
  }

  /// A node as JSON.
  Map<String, @Nullable Object> json(NodeReport report) {
    Map<String, @Nullable Object> object = Json.object("address", report.address());
    switch (report) {
      case NodeReport.Silent node -> {
        object.put("id", ids.get(node.address()));
        object.put("reachable", false);
        object.put("reason", node.reason());
      }
      case NodeReport.Answered node -> {
        object.put("id", node.id());
        object.put("reachable", true);
        object.put("cluster_id", Long.toHexString(node.clusterId()));
        object.put("role", node.role());
        object.put("standing", node.part().name().toLowerCase(Locale.ROOT));
        object.put("term", node.term());
        object.put("leader_id", node.leaderId() == 0 ? null : node.leaderId());
        object.put("last_index", node.lastIndex());
        object.put("commit_index", node.commitIndex());
        object.put("applied_index", node.appliedIndex());
      }
    }
    Integer id = (Integer) object.get("id");
    Optional<NodeReport.Peer> peer = id == null ? Optional.empty() : peer(id);
    peer.ifPresent(
        known -> {
          object.put("lag", known.lag());
          object.put("last_contact_ms", known.lastContactMillis());
        });
    return object;
  }
}
