package dengine.testkit.conformance;

import dengine.engine.spi.MetaStore.Identity;
import dengine.engine.spi.StorageEngine;
import dengine.engine.spi.StorageException;
import java.nio.file.Path;
import java.util.Set;
import java.util.random.RandomGenerator;

/// A storage engine of your own, as the checks need to know it. [#onDisk] makes one of an engine
/// that keeps its files in a directory.
public interface StorageSubject {

  /// What can be done to an engine's data beyond opening it. The more of it, the more is checked.
  enum Ability {
    /// [Place#afterKill].
    KILL,
    /// [Place#afterPowerCut].
    POWER_CUT,
    /// [Place#damage].
    DAMAGE,
    /// [Place#failNext].
    FAILURE
  }

  /// What its places can do.
  Set<Ability> abilities();

  /// A new place for data, with nothing in it.
  ///
  /// @param directory exists, and is empty; need not be used
  Place place(Path directory);

  /// An engine of files in one directory, as it is on the disk of this machine: processes can be
  /// killed, and bytes changed. A power cut or a failing sync takes a disk that can be told to.
  static StorageSubject onDisk(Opener opener) {
    return new DirectorySubject(opener);
  }

  /// Opens an engine in a directory.
  @FunctionalInterface
  interface Opener {
    /// See [Place#open].
    StorageEngine open(Path directory, Identity identity);
  }

  /// Where the data of one node is.
  interface Place {

    /// Opens an engine. An earlier one was closed, unless the check wants to see that it is in the
    /// way.
    ///
    /// @throws StorageException when the engine refuses
    StorageEngine open(Identity identity) throws StorageException;

    /// Another place, with what would be here if the process were killed now. The engine that is
    /// open here goes on.
    default Place afterKill() {
      throw new UnsupportedOperationException("KILL is not among the abilities");
    }

    /// Another place, with what might be here if the power went now.
    ///
    /// @param random decides about all that was not made durable
    default Place afterPowerCut(RandomGenerator random) {
      throw new UnsupportedOperationException("POWER_CUT is not among the abilities");
    }

    /// Changes one bit of the stored data. No engine is open.
    default void damage(RandomGenerator random) {
      throw new UnsupportedOperationException("DAMAGE is not among the abilities");
    }

    /// The next write or sync of the engine that is open fails; those after it succeed.
    default void failNext() {
      throw new UnsupportedOperationException("FAILURE is not among the abilities");
    }
  }
}
