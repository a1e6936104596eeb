package dengine.testkit.chaos;

import dengine.api.Bytes;
import dengine.api.KeyValue;
import dengine.api.WatchEvent;
import dengine.testkit.chaos.WatchVerdict.Kind;
import dengine.testkit.chaos.WatchVerdict.Violation;
import dengine.testkit.linearizability.Operation;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/// Judges what was watched by what clients wrote: each watch in order, each change once, none left
/// out, none that nobody wrote, each previous value the one before; and all of them together what a
/// scan shows in the end.
///
/// What happened is known from the acknowledged writes and from what any watch told. So a write of
/// unknown outcome that one watch tells, every other one must tell that covers its key and its
/// revision. Nobody else may have written to what is watched, and it was empty before the first
/// watch.
final class WatchValidator {

  private final List<Observation> observations;
  private final Attempts attempts;
  private final Changes changes = new Changes();
  private final List<Violation> violations = new ArrayList<>();
  private int ends;

  private record Place(long revision, Bytes key) {}

  private record Entry(long revision, Bytes value) {}

  private WatchValidator(List<Observation> observations, List<Operation> operations) {
    this.observations = observations;
    this.attempts = new Attempts(operations);
  }

  /// Judges.
  ///
  /// @param operations all writes that were tried
  /// @param finalContents a scan from when all writes were over; what watches told later is ignored
  static WatchVerdict judge(
      List<Observation> observations, List<Operation> operations, Contents finalContents) {
    return new WatchValidator(observations, operations).verdict(finalContents);
  }

  private WatchVerdict verdict(Contents finalContents) {
    for (Observation each : observations) {
      each.troubles().forEach(trouble -> violation(Kind.LATE, trouble));
      Set<Place> told = new HashSet<>();
      for (Segment segment : each.segments()) {
        checkOrder(each.subject(), segment, told);
      }
      checkJoints(each);
    }
    addAcknowledged();
    for (Observation each : observations) {
      for (Segment segment : each.segments()) {
        checkGaps(each.subject(), segment);
        segment.changes().forEach(change -> checkPrevious(each.subject(), change));
      }
      checkEnd(each, finalContents);
    }
    return new WatchVerdict(
        observations.stream().mapToLong(Observation::events).sum(),
        changes.count(),
        observations.stream().mapToInt(each -> each.segments().size()).sum(),
        (int) observations.stream().filter(Observation::cut).count(),
        ends,
        observations,
        violations);
  }

  private void violation(Kind kind, String text) {
    if (violations.size() < WatchVerdict.MOST) {
      violations.add(new Violation(kind, text));
    }
  }

  /// Order, uniqueness, that somebody wrote it, and that the end is said and is the end. What
  /// passes is known from now on.
  ///
  /// @param before what was told since a scan by those that this one goes on from
  private void checkOrder(Subject subject, Segment segment, Set<Place> before) {
    if (segment.base().isPresent()) {
      before.clear();
    }
    Set<Place> told = new HashSet<>();
    long revision = segment.floor();
    boolean whole = true;
    Optional<WatchEvent> last = Optional.empty();
    for (WatchEvent event : segment.events()) {
      if (last.isPresent()) {
        violation(
            Kind.AFTER_END,
            "watch of %s was told of %s after its last event, %s"
                .formatted(subject, event, last.get()));
      }
      switch (event) {
        case WatchEvent.Change change -> {
          boolean disorder =
              change.revision() < revision || (whole && change.revision() == revision);
          if (isFirst(subject, segment, change, told, before) && disorder) {
            violation(
                Kind.DISORDER,
                "watch of %s was told of %s after revision %d"
                    .formatted(subject, change, revision));
          }
          whole = change.revision() <= revision && whole;
          revision = Math.max(revision, change.revision());
          checkWritten(subject, change);
        }
        case WatchEvent.Progress(long upTo) -> {
          if (upTo < revision) {
            violation(
                Kind.DISORDER,
                "watch of %s: progress to %d after revision %d".formatted(subject, upTo, revision));
          }
          whole = true;
          revision = Math.max(revision, upTo);
        }
        case WatchEvent.Canceled end -> last = Optional.of(end);
      }
    }
    if (segment.end() == Segment.End.SILENT) {
      violation(
          Kind.SILENCE,
          "watch of %s ended after revision %d without a last event".formatted(subject, revision));
    }
    before.addAll(told);
  }

  /// What is asked for once more may be told once more, nothing else.
  private boolean isFirst(
      Subject subject,
      Segment segment,
      WatchEvent.Change change,
      Set<Place> told,
      Set<Place> before) {
    Place place = new Place(change.revision(), change.key());
    if (!told.add(place)) {
      violation(Kind.DUPLICATE, "watch of %s was told twice of %s".formatted(subject, change));
      return false;
    }
    if (change.revision() < segment.asked() && before.contains(place)) {
      violation(
          Kind.DUPLICATE,
          "watch of %s was told of %s again, when it went on from revision %d"
              .formatted(subject, change, segment.asked()));
      return false;
    }
    return true;
  }

  private void checkWritten(Subject subject, WatchEvent.Change change) {
    Optional<String> phantom =
        subject.covers(change.key())
            ? attempts.phantom(change)
            : Optional.of("which is not below what it watches");
    phantom.ifPresent(
        why -> violation(Kind.PHANTOM, "watch of " + subject + ", " + change + ": " + why));
    if (phantom.isEmpty() && !changes.add(change.revision(), change.key(), value(change))) {
      violation(
          Kind.PHANTOM, "watch of " + subject + ", " + change + ": another watch told otherwise");
    }
  }

  private static Optional<Bytes> value(WatchEvent.Change change) {
    return change instanceof WatchEvent.Put put ? Optional.of(put.value()) : Optional.empty();
  }

  /// A watch that goes on where another one ended begins there.
  private void checkJoints(Observation observation) {
    long complete = 0;
    for (Segment segment : observation.segments()) {
      if (segment.asked() > 0 && segment.begin() != segment.asked() - 1) {
        violation(
            Kind.GAP,
            "watch of %s began after revision %d, asked for those from %d"
                .formatted(observation.subject(), segment.begin(), segment.asked()));
      }
      if (segment.base().isPresent() && segment.begin() > segment.base().get().firstRevision()) {
        violation(
            Kind.GAP,
            "watch of %s began after revision %d, the scan that followed was of revision %d"
                .formatted(
                    observation.subject(), segment.begin(), segment.base().get().firstRevision()));
      }
      if (segment.asked() > complete + 1) {
        violation(
            Kind.GAP,
            "watch of %s went on from revision %d, complete was %d"
                .formatted(observation.subject(), segment.asked(), complete));
      }
      complete = segment.complete();
    }
  }

  /// Removals last: whether they changed something depends on what was there.
  private void addAcknowledged() {
    attempts.acknowledgedStores(this::add);
    attempts.acknowledgedRemovals(
        (revision, key, none) -> {
          Optional<Changes.Before> before = changes.before(revision, key);
          boolean there = before.flatMap(Changes.Before::value).isPresent();
          if (there && !(attempts.mayBeRemovedUnseen(key) && !seenSince(before, revision, key))) {
            add(revision, key, none);
          }
        });
  }

  private void add(long revision, Bytes key, Optional<Bytes> value) {
    if (!changes.add(revision, key, value)) {
      violation(
          Kind.PHANTOM,
          "the acknowledged write of %s at revision %d was told as something else"
              .formatted(key, revision));
    }
  }

  /// Whether somebody watched this key all the time from one change to another, so that nothing in
  /// between is unknown.
  private boolean seenSince(Optional<Changes.Before> from, long to, Bytes key) {
    long since = from.map(Changes.Before::revision).orElse(firstBegin());
    for (Observation each : observations) {
      if (each.subject().covers(key)
          && each.segments().stream().anyMatch(s -> s.begin() <= since && s.complete() >= to)) {
        return true;
      }
    }
    return false;
  }

  private long firstBegin() {
    return observations.stream()
        .flatMap(each -> each.segments().stream())
        .mapToLong(Segment::begin)
        .min()
        .orElse(0);
  }

  private void checkGaps(Subject subject, Segment segment) {
    Set<Place> told = new HashSet<>();
    segment.changes().forEach(change -> told.add(new Place(change.revision(), change.key())));
    changes
        .between(segment.begin(), segment.complete())
        .forEach(
            (revision, keys) -> {
              for (Map.Entry<Bytes, Optional<Bytes>> each : keys.entrySet()) {
                if (subject.covers(each.getKey())
                    && !told.contains(new Place(revision, each.getKey()))) {
                  violation(
                      Kind.GAP,
                      "watch of %s after %d up to %d was not told of %s at revision %d: %s"
                          .formatted(
                              subject,
                              segment.begin(),
                              segment.complete(),
                              each.getKey(),
                              revision,
                              each.getValue()));
                }
              }
            });
  }

  private void checkPrevious(Subject subject, WatchEvent.Change change) {
    Optional<Changes.Before> before = changes.before(change.revision(), change.key());
    Optional<Bytes> value = before.flatMap(Changes.Before::value);
    boolean gone = change instanceof WatchEvent.Delete;
    if (gone && value.isEmpty() && !doubtful(change, before)) {
      violation(
          Kind.PHANTOM, "watch of %s, %s: there was nothing to remove".formatted(subject, change));
    }
    Optional<Bytes> right = subject.previous() ? value : Optional.empty();
    if (!change.previous().equals(right) && !(subject.previous() && doubtful(change, before))) {
      violation(
          Kind.WRONG_PREVIOUS,
          "watch of %s, %s: before that was %s at revision %d"
              .formatted(subject, change, right, before.map(Changes.Before::revision).orElse(0L)));
    }
  }

  /// Whether something may have happened to a key that nobody was told of.
  private boolean doubtful(WatchEvent.Change change, Optional<Changes.Before> before) {
    Bytes key = change.key();
    return (attempts.mayBeStoredUnseen(key) || attempts.mayBeRemovedUnseen(key))
        && !seenSince(before, change.revision(), key);
  }

  /// Whoever watched to the end knows what is there without looking.
  private void checkEnd(Observation observation, Contents finalContents) {
    List<Segment> segments = observation.segments();
    if (segments.isEmpty() || segments.getLast().end() != Segment.End.ENOUGH) {
      return;
    }
    List<Segment> sinceScan = sinceScan(segments);
    Contents base = sinceScan.getFirst().base().orElseThrow();
    if (base.firstRevision() > finalContents.firstRevision()) {
      return; // it began anew after the final scan
    }
    ends++;
    Map<Bytes, Entry> folded = fold(base, sinceScan, finalContents);
    Map<Bytes, Entry> found = new TreeMap<>();
    for (KeyValue entry : finalContents.entries()) {
      if (observation.subject().covers(entry.key())) {
        found.put(entry.key(), new Entry(entry.modRevision(), entry.value()));
      }
    }
    Set<Bytes> keys = new HashSet<>(folded.keySet());
    keys.addAll(found.keySet());
    for (Bytes key : keys) {
      Optional<Entry> told = Optional.ofNullable(folded.get(key));
      Optional<Entry> there = Optional.ofNullable(found.get(key));
      if (!told.equals(there)) {
        violation(
            Kind.WRONG_END,
            "watch of %s: %s is %s by its events, %s by a scan"
                .formatted(observation.subject(), key, told, there));
      }
    }
  }

  /// From the last one on that began with a scan.
  private static List<Segment> sinceScan(List<Segment> segments) {
    int from = segments.size() - 1;
    while (segments.get(from).base().isEmpty()) {
      from--;
    }
    return segments.subList(from, segments.size());
  }

  /// What a scan and the events after it make of everything, as it was at the final scan.
  private static Map<Bytes, Entry> fold(
      Contents base, List<Segment> segments, Contents finalContents) {
    Map<Bytes, Entry> folded = new TreeMap<>();
    base.entries().forEach(e -> folded.put(e.key(), new Entry(e.modRevision(), e.value())));
    for (Segment segment : segments) {
      for (WatchEvent.Change change : segment.changes()) {
        long revision = change.revision();
        Bytes key = change.key();
        if (revision > base.revisionOf(key) && revision <= finalContents.revisionOf(key)) {
          value(change)
              .ifPresentOrElse(
                  value -> folded.put(key, new Entry(revision, value)), () -> folded.remove(key));
        }
      }
    }
    return folded;
  }
}
