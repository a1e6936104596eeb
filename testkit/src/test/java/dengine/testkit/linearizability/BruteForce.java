package dengine.testkit.linearizability;

import dengine.api.Bytes;
import dengine.api.KeyValue;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/// Tries every order of a handful of operations, straight from the definition of linearizability
/// and with nothing clever: the yardstick for the checker that is.
final class BruteForce {

  private final List<Operation> operations;
  private final boolean[] placed;

  private BruteForce(List<Operation> operations) {
    this.operations = operations;
    this.placed = new boolean[operations.size()];
  }

  static boolean linearizable(List<Operation> operations) {
    return new BruteForce(operations.stream().filter(o -> !o.rejected()).toList())
        .search(new HashMap<>());
  }

  private boolean search(Map<Bytes, Bytes> store) {
    boolean complete = true;
    for (int i = 0; i < placed.length; i++) {
      complete &= placed[i] || operations.get(i).unknown();
    }
    if (complete) {
      return true;
    }
    for (int i = 0; i < placed.length; i++) {
      if (!placed[i] && mayComeNext(operations.get(i))) {
        Map<Bytes, Bytes> after = new HashMap<>(store);
        if (explains(operations.get(i), after)) {
          placed[i] = true;
          boolean found = search(after);
          placed[i] = false;
          if (found) {
            return true;
          }
        }
      }
    }
    return false;
  }

  private boolean mayComeNext(Operation candidate) {
    for (int i = 0; i < placed.length; i++) {
      if (!placed[i] && operations.get(i).returned() < candidate.invoked()) {
        return false;
      }
    }
    return true;
  }

  /// Carries the call out; whether the answer is what the store would have said.
  private static boolean explains(Operation operation, Map<Bytes, Bytes> store) {
    return switch (operation.call()) {
      case Call.Put put -> {
        store.put(put.key(), put.value());
        yield true;
      }
      case Call.Delete delete -> {
        store.remove(delete.key());
        yield true;
      }
      case Call.CompareAndSwap swap -> {
        boolean matches = Objects.equals(store.get(swap.key()), swap.expected().orElse(null));
        if (matches) {
          store.put(swap.key(), swap.value());
        }
        yield !(operation.answer() instanceof Answer.Swapped swapped)
            || swapped.succeeded() == matches;
      }
      case Call.Get get ->
          !(operation.answer() instanceof Answer.Found found)
              || same(store, get.key(), found.record());
      case Call.GetMany many -> {
        boolean right = true;
        if (operation.answer() instanceof Answer.FoundMany found) {
          for (int i = 0; i < many.keys().size(); i++) {
            right &= same(store, many.keys().get(i), found.records().get(i));
          }
        }
        yield right;
      }
      case Call.Scan scan -> {
        Map<Bytes, Bytes> expected = new HashMap<>(store);
        expected.keySet().removeIf(key -> !key.startsWith(scan.prefix()));
        Map<Bytes, Bytes> shown = new HashMap<>();
        if (operation.answer() instanceof Answer.Scanned page) {
          page.records().forEach(record -> shown.put(record.key(), record.value()));
          yield shown.equals(expected);
        }
        yield true;
      }
    };
  }

  private static boolean same(Map<Bytes, Bytes> store, Bytes key, Optional<KeyValue> found) {
    return Optional.ofNullable(store.get(key)).equals(found.map(KeyValue::value));
  }
}
