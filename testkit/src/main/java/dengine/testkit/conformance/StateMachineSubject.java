package dengine.testkit.conformance;

import dengine.engine.spi.StateMachine;
import java.io.IOException;
import java.nio.file.Path;
import java.util.random.RandomGenerator;

/// A state machine of your own, as the checks need to know it.
///
/// @param <M> the machine
public interface StateMachineSubject<M extends StateMachine> {

  /// Opens a machine: a new one if nothing is in the directory, otherwise the one whose files these
  /// are. One that lives in memory is always new.
  ///
  /// @param directory exists; for this machine alone
  M open(Path directory) throws IOException;

  /// A command as a user might propose it, all kinds of them in the long run, also such as the
  /// machine refuses. Takes all randomness from its argument.
  byte[] command(RandomGenerator random);

  /// All of the state, or a digest of all of it: equal, arrays by their content, if and only if the
  /// states are. Called by other threads than the one that applies, also while it does.
  Object digest(M machine);

  /// A result in a form that has `equals`; arrays are compared by their content as they are.
  default Object comparable(Object result) {
    return result;
  }

  /// Whether [StateMachine#view] gives views. One that takes none keeps the log for ever.
  default boolean takesSnapshots() {
    return true;
  }

  /// Whether snapshots of equal states have equal bytes. They should: then what one node took
  /// can be compared with what another one took. It is no condition.
  default boolean writesEqualStatesEqually() {
    return true;
  }
}
