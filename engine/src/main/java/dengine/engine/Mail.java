package dengine.engine;

import dengine.raft.Event;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/// What arrives at the event loop: calls of the application, and news for the core.
sealed interface Mail permits Call, Mail.News, Mail.StatusAsked, Mail.Ending {

  /// Something happened.
  record News(Event event) implements Mail {}

  /// Somebody wants to know how the node is.
  record StatusAsked(CompletableFuture<NodeStatus> answer) implements Mail {}

  /// The node is about to end, or has ended.
  ///
  /// @param cause null if its owner wanted it
  record Ending(Condition.Phase phase, @Nullable Throwable cause) implements Mail {}
}
