package dengine.engine;

import dengine.raft.Event;
import dengine.raft.RoleChange;
import java.util.concurrent.CompletableFuture;

/// What arrives at the event loop: calls of the application, and news for the core.
sealed interface Mail permits Call, Mail.News, Mail.StatusAsked, Mail.ReadyAsked {

  /// Something happened.
  record News(Event event) implements Mail {}

  /// Somebody wants to know how the node is.
  record StatusAsked(CompletableFuture<NodeStatus> answer) implements Mail {}

  /// Somebody waits for a leader whose cluster serves.
  record ReadyAsked(CompletableFuture<RoleChange> answer) implements Mail {}
}
