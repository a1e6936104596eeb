package dengine.testkit.linearizability;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Which values the operations that have still to be placed ask for, and which they can still
/// store. A value that is asked for and that nobody stores any more must not be overwritten yet:
/// where every value is written once, this leaves little to be searched.
final class Demand {

  private static final int ASKING = 0;
  private static final int STORING = 1;

  private final Map<Integer, int[]> byValue = new HashMap<>();

  /// @param required those that must be placed
  /// @param optional those that may be placed, and so never have to find what they ask for
  Demand(List<RegisterOperation> required, List<RegisterOperation> optional) {
    required.forEach(this::takenBack);
    optional.forEach(this::takenBack);
  }

  void placed(RegisterOperation operation) {
    count(operation, -1);
  }

  void takenBack(RegisterOperation operation) {
    count(operation, 1);
  }

  /// Whether something has still to be placed that needs this value, which would not come back.
  boolean isLast(int value) {
    int[] counts = byValue.get(value);
    return counts != null && counts[ASKING] > 0 && counts[STORING] == 0;
  }

  private void count(RegisterOperation operation, int by) {
    switch (operation.kind()) {
      case WRITE -> of(operation.value())[STORING] += by;
      case SWAP -> {
        of(operation.value())[STORING] += by;
        if (!operation.optional()) {
          of(operation.expected())[ASKING] += by;
        }
      }
      case READ -> of(operation.value())[ASKING] += by;
      case REFUSED_SWAP -> {}
    }
  }

  private int[] of(int value) {
    return byValue.computeIfAbsent(value, _ -> new int[2]);
  }
}
