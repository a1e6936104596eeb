package dengine.testkit.simulation;

import java.util.Map;
import java.util.TreeMap;

/// How often things happened. A rare path that a simulation never takes is not tested by it.
final class Marks {

  private final Map<String, Long> counts = new TreeMap<>();

  void hit(String mark) {
    counts.merge(mark, 1L, Long::sum);
  }

  void hitIf(boolean happened, String mark) {
    if (happened) {
      hit(mark);
    }
  }

  void addAll(Map<String, Long> others) {
    others.forEach((mark, count) -> counts.merge(mark, count, Long::sum));
  }

  Map<String, Long> counts() {
    return counts;
  }
}
