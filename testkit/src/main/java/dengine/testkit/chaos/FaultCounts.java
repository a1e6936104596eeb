package dengine.testkit.chaos;

import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;

/// How often each fault happened. For any number of threads.
final class FaultCounts {

  enum Fault {
    LEADER_KILLED,
    NODE_KILLED,
    ALL_KILLED,
    LEADER_PAUSED,
    NODE_PAUSED,
    /// The target has nothing to pause.
    CANNOT_PAUSE,
    LEADER_ISOLATED,
    NODE_ISOLATED,
    LEADER_MUTE,
    LEADER_DEAF,
    PAIR_ONE_WAY,
    SLOW
  }

  private final Map<Fault, Integer> counts = new EnumMap<>(Fault.class);
  private int processesKilled;

  synchronized void add(Fault fault) {
    counts.merge(fault, 1, Integer::sum);
  }

  synchronized void addKills(int processes) {
    processesKilled += processes;
  }

  synchronized int processesKilled() {
    return processesKilled;
  }

  synchronized int of(Fault... faults) {
    int sum = 0;
    for (Fault fault : faults) {
      sum += counts.getOrDefault(fault, 0);
    }
    return sum;
  }

  @Override
  public synchronized String toString() {
    return counts.toString().toLowerCase(Locale.ROOT);
  }
}
