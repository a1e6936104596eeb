package dengine.testkit.linearizability;

import dengine.api.Bytes;
import dengine.api.KeyValue;
import dengine.testkit.linearizability.RegisterOperation.Kind;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// Splits a history into one history per key: a store is linearizable if and only if each of its
/// keys is, as long as every operation concerns one key (Herlihy and Wing, theorem 1). A read of
/// several keys counts as one read of each of them, which is less than it promises;
/// [RevisionOrderChecker] looks at the rest.
final class KeyHistories {

  private final Map<Bytes, List<RegisterOperation>> byKey = new TreeMap<>();
  private final Map<Bytes, Integer> valueNumbers = new HashMap<>();
  private final List<Bytes> values = new ArrayList<>();

  private KeyHistories() {}

  static KeyHistories of(List<Operation> operations) {
    KeyHistories histories = new KeyHistories();
    // First what names its keys, so that a scan also counts for those keys which it should have
    // shown.
    for (Operation operation : operations) {
      if (!(operation.call() instanceof Call.Scan)) {
        histories.add(operation);
      }
    }
    for (Operation operation : operations) {
      if (operation.call() instanceof Call.Scan scan
          && operation.answer() instanceof Answer.Scanned page) {
        histories.addScan(operation, scan, page);
      }
    }
    return histories;
  }

  Map<Bytes, List<RegisterOperation>> byKey() {
    return byKey;
  }

  /// A value for people to read.
  String nameOf(int value) {
    return value == RegisterOperation.ABSENT ? "absent" : "\"" + values.get(value - 1) + "\"";
  }

  private void add(Operation operation) {
    if (operation.rejected() || (operation.unknown() && !operation.call().writes())) {
      return;
    }
    switch (operation.call()) {
      case Call.Put put -> put(operation, put.key(), Kind.WRITE, number(put.value()), 0);
      case Call.Delete delete ->
          put(operation, delete.key(), Kind.WRITE, RegisterOperation.ABSENT, 0);
      case Call.CompareAndSwap swap -> addSwap(operation, swap);
      case Call.Get get -> {
        if (operation.answer() instanceof Answer.Found found) {
          addRead(operation, get.key(), found.record());
        }
      }
      case Call.GetMany many -> {
        if (operation.answer() instanceof Answer.FoundMany found) {
          for (int i = 0; i < many.keys().size(); i++) {
            addRead(operation, many.keys().get(i), found.records().get(i));
          }
        }
      }
      case Call.Scan _ -> throw new IllegalStateException("scans are added last");
    }
  }

  private void addSwap(Operation operation, Call.CompareAndSwap swap) {
    boolean refused = operation.answer() instanceof Answer.Swapped swapped && !swapped.succeeded();
    put(
        operation,
        swap.key(),
        refused ? Kind.REFUSED_SWAP : Kind.SWAP,
        number(swap.value()),
        number(swap.expected()));
  }

  private void addScan(Operation operation, Call.Scan scan, Answer.Scanned page) {
    Map<Bytes, KeyValue> shown = new HashMap<>();
    page.records().forEach(entry -> shown.put(entry.key(), entry));
    for (KeyValue entry : page.records()) {
      addRead(operation, entry.key(), Optional.of(entry));
    }
    for (Bytes key : List.copyOf(byKey.keySet())) {
      boolean covered =
          key.startsWith(scan.prefix())
              && page.next().map(next -> key.compareTo(next) < 0).orElse(true);
      if (covered && !shown.containsKey(key)) {
        addRead(operation, key, Optional.empty());
      }
    }
  }

  private void addRead(Operation operation, Bytes key, Optional<KeyValue> found) {
    put(operation, key, Kind.READ, number(found.map(KeyValue::value)), 0);
  }

  private void put(Operation operation, Bytes key, Kind kind, int value, int expected) {
    byKey
        .computeIfAbsent(key, _ -> new ArrayList<>())
        .add(
            new RegisterOperation(
                kind,
                value,
                expected,
                operation.invoked(),
                operation.returned(),
                operation.unknown(),
                operation));
  }

  private int number(Optional<Bytes> value) {
    return value.map(this::number).orElse(RegisterOperation.ABSENT);
  }

  private int number(Bytes value) {
    return valueNumbers.computeIfAbsent(
        value,
        key -> {
          values.add(key);
          return values.size();
        });
  }
}
