package dengine.testkit.linearizability;

import dengine.api.Bytes;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Function;
import java.util.function.Predicate;

/// Cuts a wrong history of one key down to what shows the fault, and tells it.
///
/// Only steps that cannot make a right history wrong are taken: forgetting what happened after some
/// moment, and leaving out reads.
final class CounterExample {

  /// How many reads to try to leave out; each costs one search.
  private static final int MAX_REMOVALS = 400;
  /// How many operations before the fault to show.
  private static final int MAX_SHOWN = 40;

  private final Predicate<List<RegisterOperation>> impossible;
  private final Function<List<RegisterOperation>, RegisterSearch> explaining;

  CounterExample(
      Predicate<List<RegisterOperation>> impossible,
      Function<List<RegisterOperation>, RegisterSearch> explaining) {
    this.impossible = impossible;
    this.explaining = explaining;
  }

  String of(Bytes key, List<RegisterOperation> operations, KeyHistories names) {
    List<RegisterOperation> shortest = withoutNeedlessReads(upToFirstFault(operations));
    RegisterSearch search = explaining.apply(shortest);
    List<RegisterOperation> explained = search.longestExplanation();
    List<RegisterOperation> shown = new ArrayList<>(shortest);
    shown.sort(Comparator.comparingLong(RegisterOperation::invoked));
    int skipped = Math.max(0, shown.size() - MAX_SHOWN);
    long origin = shown.getFirst().invoked();
    StringBuilder text = new StringBuilder();
    text.append("key ").append(key).append(" is not linearizable. ");
    text.append(shown.size()).append(" of ").append(operations.size());
    text.append(" operations show it");
    text.append(skipped > 0 ? " (the last " + MAX_SHOWN + " follow):\n" : ":\n");
    for (RegisterOperation operation : shown.subList(skipped, shown.size())) {
      text.append(explained.contains(operation) ? "    " : "  ! ");
      text.append(line(operation, origin, names)).append('\n');
    }
    text.append("The longest order that explains a part ends with the value ");
    text.append(names.nameOf(search.stateAfterLongest()));
    text.append("; operations marked with ! found no place in it.");
    return text.toString();
  }

  /// The shortest beginning that is wrong. Every beginning of a right history is right, so halving
  /// finds it.
  private List<RegisterOperation> upToFirstFault(List<RegisterOperation> operations) {
    List<Long> ends =
        operations.stream()
            .filter(operation -> !operation.optional())
            .map(RegisterOperation::returned)
            .sorted()
            .toList();
    int low = 0;
    int high = ends.size() - 1;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (impossible.test(until(operations, ends.get(middle)))) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return until(operations, ends.get(high));
  }

  private static List<RegisterOperation> until(List<RegisterOperation> operations, long end) {
    List<RegisterOperation> begun = new ArrayList<>();
    for (RegisterOperation operation : operations) {
      if (operation.invoked() > end) {
        continue;
      }
      if (operation.optional() || operation.returned() <= end) {
        begun.add(operation);
      } else if (operation.source().call().writes()
          && operation.kind() != RegisterOperation.Kind.REFUSED_SWAP) {
        begun.add(operation.asUnknown());
      }
    }
    return begun;
  }

  private List<RegisterOperation> withoutNeedlessReads(List<RegisterOperation> operations) {
    List<RegisterOperation> kept = new ArrayList<>(operations);
    int tried = 0;
    for (int i = 0; i < kept.size() && tried < MAX_REMOVALS; ) {
      if (kept.get(i).kind() != RegisterOperation.Kind.READ) {
        i++;
        continue;
      }
      tried++;
      RegisterOperation removed = kept.remove(i);
      if (!impossible.test(kept)) {
        kept.add(i, removed);
        i++;
      }
    }
    return kept;
  }

  private static String line(RegisterOperation operation, long origin, KeyHistories names) {
    String end =
        operation.returned() == Operation.NEVER
            ? "      ?     "
            : "%12.3f".formatted((operation.returned() - origin) / 1e6);
    String what =
        switch (operation.kind()) {
          case WRITE ->
              operation.value() == RegisterOperation.ABSENT
                  ? "delete"
                  : "put " + names.nameOf(operation.value());
          case SWAP ->
              "cas %s -> %s"
                  .formatted(names.nameOf(operation.expected()), names.nameOf(operation.value()));
          case REFUSED_SWAP ->
              "cas %s -> %s refused"
                  .formatted(names.nameOf(operation.expected()), names.nameOf(operation.value()));
          case READ -> "read " + names.nameOf(operation.value());
        };
    String answer =
        operation.optional() ? "outcome unknown" : operation.source().answer().toString();
    return "%12.3f ..%s ms  client %-3d %-40s %s"
        .formatted(
            (operation.invoked() - origin) / 1e6, end, operation.source().client(), what, answer);
  }
}
