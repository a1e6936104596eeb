package dengine.testkit.linearizability;

import dengine.api.Bytes;
import dengine.api.KeyValue;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Judges a history by the revisions in its answers, in nearly linear time.
///
/// Every write says at which revision it took effect and every coherent read which revision it saw,
/// so there is one order to check and nothing to search: replayed in the order of revisions, every
/// answer must be right, create and mod revisions and versions included; and an operation that was
/// invoked after another had ended must not come before it. Unlike [LinearizabilityChecker] this
/// covers reads of several keys.
///
/// Writes with unknown outcome are recognised by their value where a read shows it, so values
/// should be unique. A key with unknown writes that nobody ever saw gets the benefit of the doubt
/// only where one of them could be the reason: its counters, refused swaps, and (for unknown
/// deletes) its absence.
public final class RevisionOrderChecker {

  private final List<Operation> operations;
  private final Faults faults;
  private final Timelines timelines;

  private RevisionOrderChecker(List<Operation> operations) {
    this.operations = operations.stream().filter(operation -> !operation.rejected()).toList();
    this.faults = new Faults(operations.stream().mapToLong(Operation::invoked).min().orElse(0));
    this.timelines = new Timelines(faults);
  }

  /// Judges a history.
  public static Verdict check(List<Operation> operations) {
    return new RevisionOrderChecker(operations).verdict();
  }

  private Verdict verdict() {
    operations.forEach(timelines::addWrite);
    operations.forEach(timelines::resolveBySight);
    timelines.replay();
    operations.forEach(this::checkAnswer);
    new RealTimeOrder(timelines, faults).check(operations);
    return faults.verdict(operations.stream().filter(o -> !o.unknown()).count());
  }

  private void checkAnswer(Operation operation) {
    switch (operation.answer()) {
      case Answer.Found found -> {
        Bytes key = ((Call.Get) operation.call()).key();
        found.record().ifPresent(entry -> checkRecord(operation, key, entry));
      }
      case Answer.FoundMany found -> {
        List<Bytes> keys = ((Call.GetMany) operation.call()).keys();
        for (int i = 0; i < keys.size(); i++) {
          checkSight(operation, keys.get(i), found.revision(), found.records().get(i));
        }
      }
      case Answer.Scanned page -> checkScan(operation, (Call.Scan) operation.call(), page);
      case Answer.Swapped swapped -> {
        if (!swapped.succeeded()) {
          checkRefusal(operation, (Call.CompareAndSwap) operation.call(), swapped.revision());
        }
      }
      case Answer.Written _, Answer.Rejected _, Answer.Unknown _ -> {}
    }
  }

  private void checkScan(Operation operation, Call.Scan scan, Answer.Scanned page) {
    Map<Bytes, KeyValue> shown = new HashMap<>();
    Bytes last = null;
    for (KeyValue entry : page.records()) {
      if ((last != null && last.compareTo(entry.key()) >= 0) || !covers(scan, page, entry.key())) {
        faults.add("key " + entry.key() + " does not belong here", operation);
      }
      last = entry.key();
      shown.put(entry.key(), entry);
      checkSight(operation, entry.key(), page.revision(), Optional.of(entry));
    }
    for (Bytes key : timelines.keys()) {
      if (covers(scan, page, key) && !shown.containsKey(key)) {
        checkSight(operation, key, page.revision(), Optional.empty());
      }
    }
  }

  private static boolean covers(Call.Scan scan, Answer.Scanned page, Bytes key) {
    return key.startsWith(scan.prefix())
        && page.next().map(next -> key.compareTo(next) < 0).orElse(true);
  }

  /// A read that saw a key at a known revision.
  private void checkSight(Operation operation, Bytes key, long revision, Optional<KeyValue> seen) {
    Timeline timeline = timelines.of(key);
    Optional<Timeline.Version> right = timeline.at(revision).filter(Timeline.Version::present);
    if (seen.isPresent()) {
      checkRecord(operation, key, seen.get());
    }
    long seenAt = seen.map(KeyValue::modRevision).orElse(0L);
    long rightAt = right.map(Timeline.Version::revision).orElse(0L);
    boolean deletedUnseen = seen.isEmpty() && timeline.mayBeDeletedUnseen();
    if (seenAt != rightAt && !deletedUnseen) {
      faults.add(
          "at revision %d key %s is %s"
              .formatted(revision, key, right.map(Object::toString).orElse("absent")),
          operation);
    }
  }

  /// The stored record itself, whenever it was read.
  private void checkRecord(Operation operation, Bytes key, KeyValue seen) {
    if (!seen.key().equals(key)) {
      faults.add("asked for key " + key, operation);
    }
    timelines
        .of(key)
        .faultOf(seen)
        .ifPresent(fault -> faults.add("key " + key + ": " + fault, operation));
  }

  private void checkRefusal(Operation operation, Call.CompareAndSwap swap, long revision) {
    Timeline timeline = timelines.of(swap.key());
    Optional<Bytes> value = timeline.at(revision).flatMap(Timeline.Version::value);
    if (value.equals(swap.expected()) && timeline.unseen().isEmpty()) {
      faults.add(
          "refused although key %s was as expected at revision %d".formatted(swap.key(), revision),
          operation);
    }
  }
}
