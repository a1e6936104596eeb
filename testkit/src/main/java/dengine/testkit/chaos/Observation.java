package dengine.testkit.chaos;

import java.util.List;

/// What somebody who watches through a whole run was told.
///
/// @param segments one for each watch, in order
/// @param compacted how often there was no history to go on from, so that he read and began anew
/// @param cut whether he stopped before the end, because that was all he may remember
/// @param troubles what went wrong with watching as such
record Observation(
    Manner manner, List<Segment> segments, int compacted, boolean cut, List<String> troubles) {

  Observation {
    segments = List.copyOf(segments);
    troubles = List.copyOf(troubles);
  }

  Subject subject() {
    return manner.what();
  }

  /// How many changes were told.
  long events() {
    return segments.stream().mapToLong(segment -> segment.changes().size()).sum();
  }

  Turns turns() {
    return Turns.of(segments);
  }

  String line() {
    return "watch of %s: events=%d watches=%d %s compacted=%d"
        .formatted(manner, events(), segments.size(), turns(), compacted);
  }
}
