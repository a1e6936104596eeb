package dengine.testkit.linearizability;

import dengine.api.Bytes;
import dengine.api.KeyValue;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// All keys of a history by revision, and at which revision each write took effect as far as that
/// shows.
final class Timelines {

  private final Faults faults;
  private final Map<Bytes, Timeline> byKey = new TreeMap<>();
  /// Every revision that a write or a decision claims, with its claimant: each has one of its own.
  private final Map<Long, Operation> claimed = new HashMap<>();
  private final IdentityHashMap<Operation, Long> resolved = new IdentityHashMap<>();

  Timelines(Faults faults) {
    this.faults = faults;
  }

  Iterable<Bytes> keys() {
    return byKey.keySet();
  }

  Timeline of(Bytes key) {
    return byKey.computeIfAbsent(key, _ -> new Timeline());
  }

  /// The revision at which a write took effect, if its answer or a read told.
  Optional<Long> revisionOf(Operation write) {
    return switch (write.answer()) {
      case Answer.Written written -> Optional.of(written.revision());
      case Answer.Swapped swapped -> Optional.of(swapped.revision());
      default -> Optional.ofNullable(resolved.get(write));
    };
  }

  void addWrite(Operation operation) {
    switch (operation.call()) {
      case Call.Put put -> add(operation, put.key(), Optional.of(put.value()));
      case Call.Delete delete -> add(operation, delete.key(), Optional.empty());
      case Call.CompareAndSwap swap -> add(operation, swap.key(), Optional.of(swap.value()));
      case Call.Get get -> of(get.key());
      case Call.GetMany many -> many.keys().forEach(this::of);
      case Call.Scan _ -> {}
    }
  }

  private void add(Operation operation, Bytes key, Optional<Bytes> value) {
    Timeline timeline = of(key);
    if (operation.unknown()) {
      timeline.addUnseen(operation);
      return;
    }
    long revision = revisionOf(operation).orElseThrow();
    claim(revision, operation);
    boolean changed =
        !(operation.answer() instanceof Answer.Swapped swapped) || swapped.succeeded();
    if (changed) {
      timeline.add(revision, value, operation);
    }
  }

  private void claim(long revision, Operation operation) {
    Operation other = claimed.putIfAbsent(revision, operation);
    if (other != null) {
      faults.add("two writes at revision " + revision, other, operation);
    }
  }

  /// Recognises the unknown writes whose values a read shows.
  void resolveBySight(Operation operation) {
    switch (operation.answer()) {
      case Answer.Found found -> found.record().ifPresent(seen -> resolve(operation, seen));
      case Answer.FoundMany found ->
          found.records().forEach(record -> record.ifPresent(seen -> resolve(operation, seen)));
      case Answer.Scanned page -> page.records().forEach(seen -> resolve(operation, seen));
      case Answer.Written _, Answer.Swapped _, Answer.Rejected _, Answer.Unknown _ -> {}
    }
  }

  private void resolve(Operation reader, KeyValue seen) {
    Timeline timeline = of(seen.key());
    if (timeline.has(seen.modRevision())) {
      return;
    }
    // Of several with the same value the oldest is the most permissive choice.
    Optional<Operation> writer =
        timeline.unseen().stream().filter(write -> writes(write, seen.value())).findFirst();
    if (writer.isEmpty()) {
      faults.add("value of no write that can be the reason", reader);
      return;
    }
    timeline.unseen().remove(writer.get());
    resolved.put(writer.get(), seen.modRevision());
    claim(seen.modRevision(), writer.get());
    timeline.add(seen.modRevision(), Optional.of(seen.value()), writer.get());
  }

  private static boolean writes(Operation operation, Bytes value) {
    return switch (operation.call()) {
      case Call.Put put -> put.value().equals(value);
      case Call.CompareAndSwap swap -> swap.value().equals(value);
      case Call.Delete _, Call.Get _, Call.GetMany _, Call.Scan _ -> false;
    };
  }

  void replay() {
    byKey.values().forEach(timeline -> timeline.replay(faults));
  }
}
