package dengine.engine;

import dengine.engine.spi.Clock;
import dengine.engine.spi.Execution;
import dengine.engine.spi.StateMachine;
import dengine.engine.spi.StorageEngine;
import dengine.engine.spi.Transport;
import dengine.raft.Event;
import java.lang.System.Logger;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/// How a node begins and ends. Whoever comes first ends it: its owner, or what broke in it.
final class Lifecycle {

  private static final Logger LOG = System.getLogger(Lifecycle.class.getName());

  private final int id;
  private final NodeOptions options;
  private final Clock clock;
  private final Execution execution;
  private final StateMachine stateMachine;
  private final StorageEngine storage;
  private final AtomicBoolean closing = new AtomicBoolean();

  /// The end, for whoever waits in [Node#close]: completed before [#terminated], whose callbacks
  /// are the application's and may block.
  private final CompletableFuture<Void> released = new CompletableFuture<>();

  private final CompletableFuture<Void> terminated = new CompletableFuture<>();
  private volatile @Nullable Throwable cause;

  /// Written by whoever runs the shutdown.
  private @Nullable CompletableFuture<Void> handover;

  Lifecycle(NodeBuilder.Parts parts) {
    this.id = parts.identity().nodeId();
    this.options = parts.options();
    this.clock = parts.clock();
    this.execution = parts.execution();
    this.stateMachine = parts.stateMachine();
    this.storage = parts.storage();
  }

  void start(EventLoop loop, Transport.Receiver receiver) {
    EventLoop.Outlets parts = loop.outlets();
    parts.writer().start();
    parts.reader().start();
    parts.ticker().start();
    parts.snapshots().start(parts.applier(), parts.writer());
    try {
      parts.transport().start(receiver);
    } catch (RuntimeException | Error failure) {
      if (closing.compareAndSet(false, true)) {
        NodeException.Stopped why =
            new NodeException.Stopped("the transport does not start", failure);
        end(loop, new Shutdown(clock, this::unclean), why);
      }
      awaitRelease();
      throw failure;
    }
    loop.tick();
  }

  boolean isClosing() {
    return closing.get();
  }

  @Nullable Throwable cause() {
    return cause;
  }

  CompletableFuture<Void> terminated() {
    return (released.isDone() ? released : terminated).copy();
  }

  void awaitRelease() {
    released.handle((done, reason) -> null).join();
  }

  /// Begins to end it gracefully.
  void stop(EventLoop loop) {
    if (closing.compareAndSet(false, true)) {
      loop.ending(Condition.Phase.STOPPING, null);
      end(
          loop,
          new Shutdown(clock, this::unclean)
              .thenAwait(loop::isIdle, options.closeTimeout())
              .thenAwait(() -> hasHandedOver(loop), options.raft().electionTimeout()),
          new NodeException.Stopped("the node was closed", null));
    }
  }

  /// Called by the event loop when the core gives up; releasing must not run on the loop itself.
  void stopItself(EventLoop loop, Throwable why) {
    if (cause == null) {
      cause = why;
      LOG.log(Logger.Level.ERROR, () -> "node=" + id + " event=stopped cause=" + why, why);
    }
    if (closing.compareAndSet(false, true)) {
      NodeException.Stopped stopped = new NodeException.Stopped("the node stopped itself", why);
      end(loop, new Shutdown(clock, this::unclean), stopped);
    }
  }

  /// Asks for it when first called.
  private boolean hasHandedOver(EventLoop loop) {
    CompletableFuture<Void> asked = handover;
    if (asked == null) {
      if (!loop.standing().isLeading()) {
        return true;
      }
      asked = new CompletableFuture<>();
      loop.tell(new Event.TransferAsked(new Handover(asked), 0), true);
      handover = asked;
    }
    return asked.isDone();
  }

  private void end(EventLoop loop, Shutdown first, NodeException.Stopped why) {
    EventLoop.Outlets parts = loop.outlets();
    CompletableFuture<Void> halted = new CompletableFuture<>();
    Shutdown steps =
        first
            .then(() -> loop.halt(why, halted))
            .thenAwait(halted::isDone)
            .then(parts.applier()::close)
            .then(parts.transport()::close)
            .then(parts.ticker()::close)
            .then(parts.writer()::close)
            .then(parts.reader()::close)
            .then(parts.snapshots()::close)
            .thenAwait(parts.applier()::isIdle, options.closeTimeout())
            .then(() -> closeStateMachine(parts.applier()))
            .then(storage::close)
            .then(() -> loop.ending(Condition.Phase.STOPPED, cause))
            .then(() -> end(released))
            .then(() -> end(terminated));
    try {
      execution.runLast("dengine-" + id + "-stop", clock, steps);
    } catch (RuntimeException | Error noThread) {
      closing.set(false); // or nobody could try again
      throw noThread;
    }
  }

  /// Never while it is being called: it may free memory that is being read.
  private void closeStateMachine(Applier applier) {
    if (!applier.isIdle()) {
      throw new IllegalStateException(
          "the state machine did not return within "
              + options.closeTimeout()
              + "; it is not closed, and what it holds stays held until the process ends");
    }
    stateMachine.close();
  }

  private void end(CompletableFuture<Void> future) {
    Throwable reason = cause;
    if (reason == null) {
      future.complete(null);
    } else {
      future.completeExceptionally(reason);
    }
  }

  private void unclean(Throwable failure) {
    LOG.log(Logger.Level.ERROR, () -> "node=" + id + " event=unclean-stop", failure);
    cause = cause == null ? failure : cause;
  }
}
