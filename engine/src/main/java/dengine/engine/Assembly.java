package dengine.engine;

import dengine.engine.spi.Clock;
import dengine.engine.spi.Execution;
import dengine.engine.spi.StorageEngine;
import java.util.function.Consumer;

/// Makes the parts of a node that its event loop works with. Starts none of them.
final class Assembly {

  private Assembly() {}

  /// What carries out the effects of a node's core.
  ///
  /// @param broken told what makes the node unable to go on
  static EventLoop.Outlets outlets(
      NodeBuilder.Parts parts, Beginning beginning, EventLoop loop, Consumer<Throwable> broken) {
    int id = parts.identity().nodeId();
    String name = "dengine-" + id;
    StorageEngine storage = parts.storage();
    NodeOptions options = parts.options();
    Clock clock = parts.clock();
    Execution execution = parts.execution();
    Snapshots snapshots =
        new Snapshots(
            name,
            id,
            storage.snapshots(),
            options.snapshots(),
            clock,
            execution,
            parts.transport(),
            beginning.start().log().base().index(),
            loop);
    return new EventLoop.Outlets(
        parts.transport(),
        new LogWriter(
            name + "-log", storage.log(), storage.meta(), options, clock, execution, loop),
        new LogReader(name + "-log-reader", storage.log(), clock, execution, loop),
        new Applier(
            parts.stateMachine(),
            beginning.applied(),
            storage.snapshots(),
            snapshots.taker(),
            clock,
            options.maxPendingCalls(),
            execution::execute,
            loop),
        new Ticker(name + "-timer", clock, execution, loop::tick, broken),
        new Roster(
            id,
            beginning.effective(),
            beginning.committed(),
            parts.transport(),
            execution::execute),
        snapshots);
  }
}
