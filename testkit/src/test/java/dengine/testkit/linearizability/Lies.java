package dengine.testkit.linearizability;

import dengine.api.KeyValue;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/// Plants single wrong answers into right histories.
final class Lies {

  private Lies() {}

  static List<Operation> with(List<Operation> history, Operation... added) {
    List<Operation> all = new ArrayList<>(history);
    all.addAll(List.of(added));
    return all;
  }

  /// A get after everything else that finds a value overwritten long before. Needs unique values.
  static Operation staleRead(List<Operation> history) {
    Operation old = history.stream().filter(Lies::isAcknowledgedPut).findFirst().orElseThrow();
    Call.Put put = (Call.Put) old.call();
    boolean overwritten =
        history.stream()
            .filter(Lies::isAcknowledgedPut)
            .filter(later -> ((Call.Put) later.call()).key().equals(put.key()))
            .anyMatch(later -> later.invoked() > old.returned());
    if (!overwritten) {
      throw new IllegalArgumentException("the first put is never overwritten for certain");
    }
    long revision = ((Answer.Written) old.answer()).revision();
    long end =
        history.stream()
            .filter(operation -> !operation.unknown())
            .map(Operation::returned)
            .max(Comparator.naturalOrder())
            .orElseThrow();
    KeyValue record = new KeyValue(put.key(), put.value(), revision, revision, 1);
    return new Operation(
        99, end + 1, end + 2, new Call.Get(put.key()), new Answer.Found(Optional.of(record)));
  }

  private static boolean isAcknowledgedPut(Operation operation) {
    return operation.call() instanceof Call.Put && operation.answer() instanceof Answer.Written;
  }
}
