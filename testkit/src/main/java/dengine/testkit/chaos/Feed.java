package dengine.testkit.chaos;

import dengine.api.Watch;
import dengine.api.WatchEvent;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;

/// One watch, as the one who reads it has it. Used by one thread.
interface Feed extends AutoCloseable {

  /// Every change with a greater revision is told, and none with another; empty if it does not say.
  OptionalLong revision();

  /// The next event, or none if none comes in this time.
  ///
  /// @throws dengine.api.ClosedException if it ended properly and nothing follows
  /// @throws dengine.api.DEngineException if it broke
  Optional<WatchEvent> poll(Duration timeout);

  @Override
  void close();

  /// That of a client.
  ///
  /// @param says whether to say where it began
  static Feed of(Watch watch, boolean says) {
    return new Feed() {
      @Override
      public OptionalLong revision() {
        return says ? OptionalLong.of(watch.revision()) : OptionalLong.empty();
      }

      @Override
      public Optional<WatchEvent> poll(Duration timeout) {
        return watch.poll(timeout);
      }

      @Override
      public void close() {
        watch.close();
      }
    };
  }
}
