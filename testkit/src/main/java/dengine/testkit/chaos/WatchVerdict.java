package dengine.testkit.chaos;

import java.util.ArrayList;
import java.util.List;

/// How what was watched was judged.
///
/// @param events how many changes were told, to all who watch together
/// @param changes how many different ones there were
/// @param watches how many watches there were, one after the other and at the same time
/// @param cut how many observers stopped before the end, because their memory was full
/// @param ends how many observers' events were added up and compared with the final scan
/// @param observations what was judged
/// @param violations what must not be; the first [#MOST] of them
record WatchVerdict(
    long events,
    long changes,
    int watches,
    int cut,
    int ends,
    List<Observation> observations,
    List<Violation> violations) {

  /// More than these tell nobody anything new.
  static final int MOST = 20;

  /// What can be wrong.
  enum Kind {
    /// A revision after a greater one, or after progress beyond it.
    DISORDER,
    /// The same change of a key told twice by one watch, or again by one that was asked for what
    /// comes after it.
    DUPLICATE,
    /// Told, but no write explains it.
    PHANTOM,
    /// A change in the span of a watch that was not told.
    GAP,
    /// Not what the change before it left.
    WRONG_PREVIOUS,
    /// Ended, and did not say why.
    SILENCE,
    /// Told after the last event.
    AFTER_END,
    /// All events together are not what a scan shows.
    WRONG_END,
    /// Not told in time although nothing was in the way.
    LATE
  }

  /// One of them.
  record Violation(Kind kind, String text) {}

  WatchVerdict {
    observations = List.copyOf(observations);
    violations = List.copyOf(violations);
  }

  /// For people and programs to read, the result last.
  List<String> lines() {
    List<String> lines = new ArrayList<>(observations.stream().map(Observation::line).toList());
    lines.add(result());
    return lines;
  }

  private String result() {
    Turns turns =
        observations.stream().map(Observation::turns).reduce(new Turns(0, 0, 0, 0), Turns::plus);
    return "RESULT watch events=%d changes=%d watches=%d %s compacted=%d cut=%d ends=%d valid=%s"
        .formatted(
            events,
            changes,
            watches,
            turns,
            observations.stream().mapToInt(Observation::compacted).sum(),
            cut,
            ends,
            violations.isEmpty() ? "yes" : "no");
  }

  /// Why the run does not count, if so.
  ///
  /// @param minTurns how often what a manner of watching is there for must have happened
  List<String> failures(int minEvents, int minTurns) {
    List<String> failures = new ArrayList<>();
    violations.forEach(each -> failures.add("watch: " + each.kind() + " " + each.text()));
    if (cut > 0) {
      failures.add("watch: " + cut + " stopped before the end, there were more than --max-events");
    }
    if (events < minEvents) {
      failures.add("only " + events + " events of watches, wanted " + minEvents);
    }
    observations.forEach(each -> failures.addAll(each.manner().missing(each.turns(), minTurns)));
    return failures;
  }
}
