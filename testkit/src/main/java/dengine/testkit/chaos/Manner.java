package dengine.testkit.chaos;

import java.util.List;
import java.util.Set;

/// How somebody watches through a run.
///
/// @param what he watches
/// @param wire what he is told over
/// @param repeats whether he asks for the last revision he was told once more, as somebody must for
///     whom a revision may make several changes; otherwise for those after it
/// @param buffer most events that wait for him, where that can be said; 0 for the default
/// @param pause how many changes happen each time while he reads nothing; 0 if he always reads
/// @param stay after how many changes he leaves by himself, and goes on at another server; 0 for
///     never
/// @param away how many changes he misses before the next watch, every second time that he left one
///     that he could have gone on with; 0 if none
/// @param promise what must become of his watches in a run, or it has not shown what it is for
record Manner(
    Subject what,
    Wire wire,
    boolean repeats,
    int buffer,
    int pause,
    int stay,
    int away,
    Set<Turns.Kind> promise) {

  Manner {
    promise = Set.copyOf(promise);
  }

  /// Somebody who reads all the time, through a client.
  static Manner client(Subject what) {
    return new Manner(what, Wire.CLIENT, false, 0, 0, 0, 0, Set.of());
  }

  /// Reads what one server says, goes on at another one when that breaks, and by himself after so
  /// many changes.
  Manner at(Wire other, int changes, Turns.Kind... promised) {
    return new Manner(what, other, repeats, buffer, pause, changes, away, Set.of(promised));
  }

  /// Asks for the last revision again.
  Manner repeating() {
    return new Manner(what, wire, true, buffer, pause, stay, away, promise);
  }

  /// Reads nothing while so many changes happen, again and again, with a buffer that is too small.
  Manner slow(int events, int changes) {
    Set<Turns.Kind> overtaken = Set.of(Turns.Kind.OVERFLOW);
    return new Manner(what, wire, repeats, events, changes, stay, away, overtaken);
  }

  /// Misses so many changes, every second time that he left.
  Manner away(int changes) {
    return new Manner(what, wire, repeats, buffer, pause, stay, changes, promise);
  }

  boolean isSlow() {
    return pause > 0;
  }

  /// What was promised and happened less often than this.
  List<String> missing(Turns turns, int least) {
    return promise.stream()
        .sorted()
        .filter(kind -> turns.count(kind) < least)
        .map(
            kind ->
                "watch of %s: %s happened %d times, wanted %d"
                    .formatted(this, kind, turns.count(kind), least))
        .toList();
  }

  @Override
  public String toString() {
    return what + " over the " + wire + (isSlow() ? ", read slowly" : "");
  }
}
