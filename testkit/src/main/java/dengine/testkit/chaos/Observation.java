package dengine.testkit.chaos;

import java.util.List;

/// What somebody who watches through a whole run was told.
///
/// @param segments one for each watch, in order
/// @param resumed how many of them went on from where the one before had ended
/// @param compacted how often there was no history to go on from, so that he read and began anew
/// @param cut whether he stopped before the end, because that was all he may remember
/// @param troubles what went wrong with watching as such
record Observation(
    Subject subject,
    List<Segment> segments,
    int resumed,
    int compacted,
    boolean cut,
    List<String> troubles) {

  Observation {
    segments = List.copyOf(segments);
    troubles = List.copyOf(troubles);
  }

  /// How many changes were told.
  long events() {
    return segments.stream().mapToLong(segment -> segment.changes().size()).sum();
  }

  String line() {
    return "watch of %s: events=%d watches=%d resumed=%d compacted=%d"
        .formatted(subject, events(), segments.size(), resumed, compacted);
  }
}
