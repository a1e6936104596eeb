package dengine.embedded;

import static dengine.embedded.Meters.BYTES;
import static dengine.embedded.Meters.NO_UNIT;
import static dengine.embedded.Meters.SECONDS;

import dengine.engine.NodeStatus;
import dengine.engine.SnapshotActivity;
import java.util.function.ToDoubleFunction;

/// The snapshots of a node, taken by it, sent and received.
final class SnapshotMeters {

  private static final double MILLIS_PER_SECOND = 1000;

  private SnapshotMeters() {}

  static void bind(Meters meters) {
    bindTaken(meters);
    bindTransfers(meters);
  }

  private static void bindTaken(Meters meters) {
    meters.statusGauge(
        "dengine.snapshot.age",
        SECONDS,
        "age of the newest snapshot, NaN if none",
        s -> newest(s, kept -> kept.ageMillis() / MILLIS_PER_SECOND));
    meters.statusGauge(
        "dengine.snapshot.bytes",
        BYTES,
        "size of the newest snapshot, NaN if none",
        s -> newest(s, NodeStatus.Kept::bytes));
    meters.gauge(
        "dengine.snapshot.duration",
        SECONDS,
        "time to write the last snapshot taken",
        e -> e.node().snapshotActivity().lastMillis() / MILLIS_PER_SECOND);
    counter(meters, "dengine.snapshot.taken", "snapshots taken", SnapshotActivity::taken);
    counter(
        meters,
        "dengine.snapshot.failed",
        "attempts to take a snapshot that failed",
        SnapshotActivity::failed);
  }

  private static double newest(NodeStatus now, ToDoubleFunction<NodeStatus.Kept> value) {
    return now.history().snapshot().map(value::applyAsDouble).orElse(Double.NaN);
  }

  private static void bindTransfers(Meters meters) {
    meters.statusGauge(
        "dengine.transfer.active",
        NO_UNIT,
        "snapshots on their way to or from others",
        s -> s.history().transfers().size());
    counter(meters, "dengine.transfer.sent", "snapshots sent", SnapshotActivity::sent);
    counter(meters, "dengine.transfer.received", "snapshots received", SnapshotActivity::received);
    counter(
        meters,
        "dengine.transfer.resumed",
        "transfers from others that went on with what was there",
        SnapshotActivity::resumed);
    counter(
        meters,
        "dengine.transfer.failed",
        "transfers that ended before all was there",
        SnapshotActivity::transfersFailed);
    volume(meters, "sent", SnapshotActivity::bytesSent);
    volume(meters, "received", SnapshotActivity::bytesReceived);
  }

  private static void counter(
      Meters meters, String name, String description, ToDoubleFunction<SnapshotActivity> value) {
    meters.counter(name, description, e -> value.applyAsDouble(e.node().snapshotActivity()));
  }

  private static void volume(
      Meters meters, String direction, ToDoubleFunction<SnapshotActivity> value) {
    meters.counter(
        "dengine.transfer.volume",
        BYTES,
        "bytes of snapshots sent to others and received from them",
        "direction",
        direction,
        e -> value.applyAsDouble(e.node().snapshotActivity()));
  }
}
