package dengine.engine;

import java.time.Duration;

/// What "persisted" means before an acknowledgement.
public sealed interface Persistence {

  /// Synced to disk: survives a power cut of every node at once. The default.
  record DiskFirst() implements Persistence {}

  /// Handed to the operating system: survives the death of every process, not a power cut. Synced
  /// within `flushInterval`. Term and vote are synced before any answer all the same.
  ///
  /// @param flushInterval 1 ms to 1 minute
  record MemFirst(Duration flushInterval) implements Persistence {
    public MemFirst {
      if (flushInterval.toMillis() < 1 || flushInterval.toMillis() > 60_000) {
        throw new IllegalArgumentException(
            "flushInterval = " + flushInterval + ", permitted: 1 ms to 1 minute");
      }
    }
  }
}
