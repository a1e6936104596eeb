package dengine.testkit.linearizability;

import dengine.api.Bytes;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Checks that what was invoked after something else had ended does not come before it.
///
/// One pass over calls and returns in the order of time. `floor` is the smallest revision that the
/// store must have reached because of what has ended so far. A write must lie above the floor at
/// its call, a coherent read at or above it. A get does not say which revision it saw, only what it
/// found: it gets the smallest revision from the floor on at which that was right. Choosing the
/// smallest leaves most room to all others, so a fault found this way is one under every choice.
final class RealTimeOrder {

  private record Moment(long time, boolean isReturn, int index) {}

  private final Timelines timelines;
  private final Faults faults;
  private long floor;
  private @Nullable Operation floorReason;

  RealTimeOrder(Timelines timelines, Faults faults) {
    this.timelines = timelines;
    this.faults = faults;
  }

  void check(List<Operation> operations) {
    List<Moment> moments = new ArrayList<>();
    for (int i = 0; i < operations.size(); i++) {
      Operation operation = operations.get(i);
      moments.add(new Moment(operation.invoked(), false, i));
      if (!operation.unknown()) {
        moments.add(new Moment(operation.returned(), true, i));
      }
    }
    moments.sort(Comparator.comparingLong(Moment::time).thenComparing(Moment::isReturn));
    long[] places = new long[operations.size()];
    for (Moment moment : moments) {
      Operation operation = operations.get(moment.index());
      if (!moment.isReturn()) {
        places[moment.index()] = place(operation);
      } else if (places[moment.index()] > floor) {
        floor = places[moment.index()];
        floorReason = operation;
      }
    }
  }

  /// Where an operation that is invoked now took effect; 0 if that says nothing.
  private long place(Operation operation) {
    return switch (operation.answer()) {
      case Answer.Found found -> placeOfGet(operation, (Call.Get) operation.call(), found);
      case Answer.FoundMany found -> notBeforeFloor(operation, found.revision());
      case Answer.Scanned page -> notBeforeFloor(operation, page.revision());
      case Answer.Written _, Answer.Swapped _, Answer.Unknown _, Answer.Rejected _ ->
          timelines
              .revisionOf(operation)
              .map(revision -> afterFloor(operation, revision))
              .orElse(0L);
    };
  }

  private long afterFloor(Operation operation, long revision) {
    if (revision <= floor) {
      reportStale("took effect at revision " + revision, operation);
    }
    return revision;
  }

  private long notBeforeFloor(Operation operation, long revision) {
    if (revision < floor) {
      reportStale("read revision " + revision, operation);
    }
    return revision;
  }

  private long placeOfGet(Operation operation, Call.Get get, Answer.Found found) {
    Timeline timeline = timelines.of(get.key());
    Optional<Long> place =
        found
            .record()
            .map(seen -> firstWithRecord(timeline, seen.modRevision()))
            .orElseGet(() -> firstAbsent(timeline));
    if (place.isEmpty()) {
      String fault = "found " + found.record().map(Object::toString).orElse("nothing");
      reportStale(fault + contradiction(timeline, get.key()), operation);
    }
    return place.orElse(0L);
  }

  private String contradiction(Timeline timeline, Bytes key) {
    return timeline
        .at(floor)
        .map(
            right ->
                " although since revision %d key %s was %s".formatted(right.revision(), key, right))
        .orElse("");
  }

  private Optional<Long> firstWithRecord(Timeline timeline, long modRevision) {
    long first = Math.max(modRevision, floor);
    boolean replaced =
        timeline.after(modRevision).filter(next -> next.revision() <= first).isPresent();
    return replaced ? Optional.empty() : Optional.of(first);
  }

  private Optional<Long> firstAbsent(Timeline timeline) {
    boolean present = timeline.at(floor).filter(Timeline.Version::present).isPresent();
    if (!present || timeline.mayBeDeletedUnseen()) {
      return Optional.of(floor);
    }
    Optional<Timeline.Version> next = timeline.after(floor);
    while (next.isPresent() && next.get().present()) {
      next = timeline.after(next.get().revision());
    }
    return next.map(Timeline.Version::revision);
  }

  private void reportStale(String what, Operation operation) {
    String text =
        what + ", invoked after revision " + floor + " had been reached by another answer";
    if (floorReason == null) {
      faults.add(text, operation);
    } else {
      faults.add(text, floorReason, operation);
    }
  }
}
