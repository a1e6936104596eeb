package dengine.testkit.chaos;

import dengine.api.WatchEvent;
import java.util.List;
import java.util.Optional;

/// What one watch told from its beginning to its end.
///
/// @param begin it promised every change with a greater revision
/// @param asked the first revision that it was asked for; 0 if for those from now on
/// @param base what was there when it began; empty if it went on where the one before had ended
/// @param events changes and progress in the order in which they were told
/// @param complete it promises, or it shows, that every change up to here was told
/// @param atEnd whether it was told everything there was
record Segment(
    long begin,
    long asked,
    Optional<Contents> base,
    List<WatchEvent> events,
    long complete,
    boolean atEnd) {

  Segment {
    events = List.copyOf(events);
  }

  List<WatchEvent.Change> changes() {
    return events.stream()
        .filter(WatchEvent.Change.class::isInstance)
        .map(WatchEvent.Change.class::cast)
        .toList();
  }
}
