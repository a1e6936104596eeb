package dengine.engine;

import dengine.raft.Ticket;
import java.util.concurrent.CompletableFuture;

/// A transfer of leadership on its way.
///
/// @param done completes when this node has stepped down
record Handover(CompletableFuture<Void> done) implements Ticket {

  void succeeded() {
    done.complete(null);
  }

  void failed(NodeException why) {
    done.completeExceptionally(why);
  }
}
