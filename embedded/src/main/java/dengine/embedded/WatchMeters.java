package dengine.embedded;

import static dengine.embedded.Meters.NO_UNIT;

/// What a node does for those who watch keys.
final class WatchMeters {

  private WatchMeters() {}

  static void bind(Meters meters) {
    meters.gauge(
        "dengine.watch.watchers", NO_UNIT, "watches at present", e -> e.watchActivity().watchers());
    meters.gauge(
        "dengine.watch.history.changes",
        NO_UNIT,
        "changes that are kept",
        e -> e.watchActivity().historySize());
    meters.gauge(
        "dengine.watch.history.bytes",
        NO_UNIT,
        "bytes of them",
        e -> e.watchActivity().historyBytes());
    meters.gauge(
        "dengine.watch.oldest.revision",
        NO_UNIT,
        "the oldest revision that a watch may start from",
        e -> e.watchActivity().oldestRevision());
    meters.counter("dengine.watch.events", "events told", e -> e.watchActivity().delivered());
    meters.counter(
        "dengine.watch.overflows",
        "watches that were canceled because they were too slow",
        e -> e.watchActivity().overflows());
  }
}
