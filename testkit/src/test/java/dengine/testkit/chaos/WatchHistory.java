package dengine.testkit.chaos;

import dengine.api.Bytes;
import dengine.api.KeyValue;
import dengine.api.Page;
import dengine.api.WatchEvent;
import dengine.testkit.chaos.Segment.End;
import dengine.testkit.chaos.WatchVerdict.Kind;
import dengine.testkit.chaos.WatchVerdict.Violation;
import dengine.testkit.linearizability.Answer;
import dengine.testkit.linearizability.Call;
import dengine.testkit.linearizability.Operation;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A short history, and what watches may tell of it.
final class WatchHistory {

  static final Bytes A = Bytes.of("/w/a");
  static final Bytes B = Bytes.of("/w/b");
  static final Subject PLAIN = new Subject(Bytes.of("/w/"), true, false);
  static final Subject FULL = new Subject(Bytes.of("/w/"), true, true);
  static final Subject ONE = new Subject(A, false, false);

  static final Contents NOTHING = contents(0);

  /// Put a, put b, put a, remove b at 1 to 4, remove b once more, put a at 6.
  static final List<Operation> WRITES =
      List.of(
          put(A, "a1", new Answer.Written(1)),
          put(B, "b2", new Answer.Written(2)),
          put(A, "a3", new Answer.Written(3)),
          delete(B, new Answer.Written(4)),
          delete(B, new Answer.Written(5)),
          swap("a3", "a6", new Answer.Swapped(true, 6)),
          swap("a3", "refused", new Answer.Swapped(false, 7)));

  static final WatchEvent A1 = told(1, A, "a1", null);
  static final WatchEvent B2 = told(2, B, "b2", null);
  static final WatchEvent A3 = told(3, A, "a3", null);
  static final WatchEvent B4 = gone(4, B, null);
  static final WatchEvent A6 = told(6, A, "a6", null);
  static final Contents END = contents(7, new KeyValue(A, Bytes.of("a6"), 1, 6, 3));

  private WatchHistory() {}

  static WatchVerdict judge(List<Operation> writes, Observation... observations) {
    return WatchValidator.judge(List.of(observations), writes, END);
  }

  static List<Kind> kinds(WatchVerdict verdict) {
    return verdict.violations().stream().map(Violation::kind).toList();
  }

  static Observation whole(Subject subject, WatchEvent... events) {
    return observed(subject, whole(events));
  }

  static Segment whole(WatchEvent... events) {
    return first(7, End.ENOUGH, events);
  }

  static Observation observed(Subject subject, Segment... segments) {
    return new Observation(Manner.client(subject), List.of(segments), 0, false, List.of());
  }

  static Segment first(long complete, End end, WatchEvent... events) {
    return new Segment(0, 0, 0, Optional.of(NOTHING), Arrays.asList(events), complete, end);
  }

  static Segment resumed(long from, long complete, End end, WatchEvent... events) {
    return new Segment(
        from - 1, from - 1, from, Optional.empty(), Arrays.asList(events), complete, end);
  }

  /// One that does not say where it began.
  static Segment anew(Contents scan, long complete, End end, WatchEvent... events) {
    return new Segment(
        0, scan.firstRevision(), 0, Optional.of(scan), Arrays.asList(events), complete, end);
  }

  static Segment segment(
      long begin, long asked, Contents base, long complete, boolean atEnd, WatchEvent... events) {
    return new Segment(
        begin,
        begin,
        asked,
        Optional.of(base),
        Arrays.asList(events),
        complete,
        atEnd ? End.ENOUGH : End.LEFT);
  }

  static WatchEvent overflow(long revision) {
    return new WatchEvent.Canceled(
        revision, WatchEvent.Reason.BUFFER_OVERFLOW, 0, "not read fast enough");
  }

  static Contents contents(long revision, KeyValue... entries) {
    return new Contents(List.of(new Page(revision, List.of(entries), Optional.empty())));
  }

  static KeyValue record(Bytes key, String value, long revision) {
    return new KeyValue(key, Bytes.of(value), revision, revision, 1);
  }

  static WatchEvent told(long revision, Bytes key, String value, @Nullable String previous) {
    return new WatchEvent.Put(
        revision, key, Bytes.of(value), Optional.ofNullable(previous).map(Bytes::of));
  }

  static WatchEvent gone(long revision, Bytes key, @Nullable String previous) {
    return new WatchEvent.Delete(
        revision, key, Optional.ofNullable(previous).map(Bytes::of), false);
  }

  static List<Operation> with(List<Operation> writes, Operation... more) {
    List<Operation> all = new ArrayList<>(writes);
    all.addAll(List.of(more));
    return all;
  }

  static Operation put(Bytes key, String value, Answer answer) {
    return new Operation(1, 0, 1, new Call.Put(key, Bytes.of(value)), answer);
  }

  static Operation delete(Bytes key, Answer answer) {
    return new Operation(1, 0, 1, new Call.Delete(key), answer);
  }

  static Operation swap(String expected, String value, Answer answer) {
    return new Operation(
        1,
        0,
        1,
        new Call.CompareAndSwap(A, Optional.of(Bytes.of(expected)), Bytes.of(value)),
        answer);
  }
}
