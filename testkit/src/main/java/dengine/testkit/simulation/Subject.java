package dengine.testkit.simulation;

import dengine.engine.Node;
import dengine.engine.spi.StorageEngine;
import dengine.engine.spi.Transport;
import java.nio.file.Path;

/// What runs on the simulated machines, and who uses it.
@FunctionalInterface
interface Subject {

  /// Makes the users of one run.
  Load begin(World world);

  /// What a node is started with.
  ///
  /// @param process its clock, and what its work runs on
  record Parts(
      Machine machine,
      Path directory,
      StorageEngine storage,
      Transport transport,
      NodeProcess process) {

    int id() {
      return machine.id();
    }
  }

  /// A running node.
  interface Life {

    Node node();

    /// How far its state is; never goes back while it lives.
    long position();

    /// Digest of its state, the same on all nodes at the same position.
    long digest();
  }

  /// The nodes of a run and those who use them.
  interface Load {

    /// Starts a node.
    Life start(Parts parts);

    /// The users begin.
    void begin();

    /// The users make no new calls.
    void end();

    /// Whether its nodes can take snapshots.
    default boolean takesSnapshots() {
      return true;
    }

    /// For a while nothing gets through between remote users and a machine.
    default void cut(Machine machine, long duration) {}

    /// The connections of remote users to a machine break.
    default void reset(Machine machine) {}

    /// Remote users reach every machine again.
    default void heal() {}

    /// Uses the cluster as a user would who insists on being served; lets simulated time pass.
    boolean isServed();

    /// Compares everything that users saw with what is permitted.
    ///
    /// @throws Violation if something is not
    void judge();

    long answered();

    long unknown();

    /// Whether [#judge] came to an end.
    boolean isDecided();
  }
}
