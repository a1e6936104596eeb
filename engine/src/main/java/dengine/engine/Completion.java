package dengine.engine;

import org.jspecify.annotations.Nullable;

/// Told how a request to a [Node] ended, on the engine's thread that ended it; must not block.
@FunctionalInterface
public interface Completion {

  /// Called once.
  ///
  /// @param result what the state machine returned, possibly null (for a read barrier: null)
  /// @param failure why there is no result, or null
  void ended(@Nullable Object result, @Nullable NodeException failure);
}
