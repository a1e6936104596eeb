package dengine.embedded;

import static dengine.embedded.Meters.BYTES;
import static dengine.embedded.Meters.NO_UNIT;

import dengine.engine.NodeOptions;
import dengine.kv.watch.WatchLimits;
import dengine.raft.RaftOptions;

/// What waits in a node, and how much of it may.
final class LoadMeters {

  private LoadMeters() {}

  static void bind(Meters meters, RaftOptions raft, WatchLimits watch) {
    bindPresent(meters);
    bindLimits(meters, raft, watch);
  }

  private static void bindPresent(Meters meters) {
    meters.statusGauge(
        "dengine.engine.calls", NO_UNIT, "calls that have not ended", s -> s.load().calls());
    meters.statusGauge(
        "dengine.engine.events",
        NO_UNIT,
        "calls and messages in the queue",
        s -> s.load().events());
    meters.statusGauge(
        "dengine.engine.readers",
        NO_UNIT,
        "readers that wait for the state machine",
        s -> s.load().readers());
    meters.statusGauge(
        "dengine.log.unwritten",
        NO_UNIT,
        "changes not yet durable",
        s -> s.load().core().unwritten());
    meters.statusGauge(
        "dengine.raft.unapplied.bytes",
        NO_UNIT,
        "entries not yet applied",
        s -> s.load().core().unappliedBytes());
    meters.statusGauge(
        "dengine.raft.tail.bytes", NO_UNIT, "entries in memory", s -> s.load().core().tailBytes());
    meters.statusGauge(
        "dengine.raft.pending.reads",
        NO_UNIT,
        "reads that wait for a confirmation of leadership",
        s -> s.load().core().pendingReads());
  }

  private static void bindLimits(Meters meters, RaftOptions raft, WatchLimits watch) {
    meters.gauge(
        "dengine.engine.limit.calls",
        NO_UNIT,
        "calls that may wait for the event loop, and readers for the state machine",
        _ -> NodeOptions.DEFAULT.maxPendingCalls());
    meters.gauge(
        "dengine.raft.limit.unapplied",
        BYTES,
        "entries that may be unapplied; beyond it writes are refused",
        _ -> raft.maxUnappliedBytes());
    meters.gauge(
        "dengine.raft.limit.pending.reads",
        NO_UNIT,
        "reads that may wait for a confirmation of leadership",
        _ -> raft.maxPendingReads());
    meters.gauge(
        "dengine.watch.limit.watchers",
        NO_UNIT,
        "watches that there may be",
        _ -> watch.maxWatchers());
  }
}
