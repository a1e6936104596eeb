package dengine.testkit.chaos;

import dengine.api.WatchEvent;
import java.util.List;
import java.util.Optional;

/// What one watch told from its beginning to its end.
///
/// @param floor it promised to tell nothing with this revision or a smaller one
/// @param begin it promised every change with a greater revision. The same as `floor`, but where a
///     watch does not say where it began: then that of a scan after it had begun
/// @param asked the first revision that it was asked for; 0 if for those from now on
/// @param base what was there when it began; empty if it went on where the one before had ended
/// @param events everything in the order in which it was told
/// @param complete it promises, or it shows, that every change up to here was told
record Segment(
    long floor,
    long begin,
    long asked,
    Optional<Contents> base,
    List<WatchEvent> events,
    long complete,
    End end) {

  /// How it ended.
  enum End {
    /// It was told everything there was, and left.
    ENOUGH,
    /// Whoever read it left.
    LEFT,
    /// A failure, which a client sees as one.
    BROKE,
    /// Its last event said why.
    TOLD,
    /// Properly, and without a last event that says why.
    SILENT
  }

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
