package dengine.testkit.simulation;

import java.util.List;
import java.util.SortedMap;
import java.util.random.RandomGenerator;

/// What all parts of a run share.
///
/// @param machines by their number
record World(
    Plan plan,
    Knobs knobs,
    Agenda agenda,
    RandomGenerator random,
    Marks marks,
    Watch watch,
    Network network,
    SortedMap<Integer, Machine> machines) {

  Machine machine(int id) {
    Machine machine = machines.get(id);
    if (machine == null) {
      throw new IllegalArgumentException("no machine " + id);
    }
    return machine;
  }

  Machine anyone(RandomGenerator by) {
    return machine(1 + by.nextInt(machines.size()));
  }

  /// One that may serve as leader; anyone if there is none.
  Machine someLeader(RandomGenerator by) {
    List<Machine> leaders = machines.values().stream().filter(Machine::leads).toList();
    return leaders.isEmpty() ? anyone(by) : leaders.get(by.nextInt(leaders.size()));
  }

  List<Integer> ids() {
    return List.copyOf(machines.keySet());
  }
}
