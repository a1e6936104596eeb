package dengine.embedded;

import static dengine.embedded.Meters.NO_UNIT;

import dengine.engine.NodeStatus;

/// Where a node is, and what it is.
final class RaftMeters {

  private RaftMeters() {}

  static void bind(Meters meters) {
    meters.statusGauge("dengine.raft.term", NO_UNIT, "the node's term", NodeStatus::term);
    meters.statusGauge(
        "dengine.raft.last.index", NO_UNIT, "end of the node's log", NodeStatus::lastIndex);
    meters.statusGauge(
        "dengine.raft.commit.index",
        NO_UNIT,
        "up to where it is committed",
        NodeStatus::commitIndex);
    meters.statusGauge(
        "dengine.raft.applied.index",
        NO_UNIT,
        "up to where it is applied",
        NodeStatus::appliedIndex);
    meters.statusGauge(
        "dengine.raft.leader", NO_UNIT, "number of the leader, 0 for none", NodeStatus::leader);
    meters.gauge(
        "dengine.raft.leading", NO_UNIT, "1 if this node leads", e -> e.isLeader() ? 1 : 0);
    meters.gauge(
        "dengine.node.serving",
        NO_UNIT,
        "1 if this node serves: it knows a leader that does, or is it",
        e -> e.lifecycle().state().isServing() ? 1 : 0);
  }
}
