package dengine.kv.watch;

import dengine.api.ClosedException;
import dengine.api.CompactedException;
import dengine.api.RateLimitedException;
import dengine.api.Watch;
import dengine.api.WatchEvent;
import dengine.api.WatchOptions;
import dengine.engine.spi.Clock;
import dengine.engine.spi.Execution;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.random.RandomGenerator;

/// Who watches a store. The store is given the [#recorder] before it applies anything.
///
/// Any thread. What tells those who watch is one worker, which begins with the first of them.
public final class Watches implements AutoCloseable {

  private static final Duration RETRY_AFTER = Duration.ofSeconds(1);

  private sealed interface Command {}

  private record Add(Watcher watcher) implements Command {}

  private record Remove(Watcher watcher) implements Command {}

  private final WatchLimits limits;
  private final Execution execution;
  private final ChangeHistory history;
  private final Dispatcher dispatcher;
  private final Execution.Worker worker;
  private final Watcher.Owner owner = new Owner();
  private final AtomicInteger watchers = new AtomicInteger();
  private final AtomicBoolean started = new AtomicBoolean();
  private final ConcurrentLinkedQueue<Command> commands = new ConcurrentLinkedQueue<>();
  private volatile boolean closed;

  /// Nobody watches yet.
  ///
  /// @param name of the worker's thread
  /// @param revision of the store: history begins after it
  /// @param random varies when progress is told
  public Watches(
      String name,
      WatchLimits limits,
      long revision,
      Clock clock,
      Execution execution,
      RandomGenerator random) {
    this.limits = limits;
    this.execution = execution;
    this.history = new ChangeHistory(limits.historySize(), limits.historyBytes(), revision);
    this.dispatcher = new Dispatcher(history, limits, clock, random);
    this.worker = execution.worker(name, clock, this::round);
  }

  /// What the store tells its changes.
  public ChangeRecorder recorder() {
    return history;
  }

  /// Begins a watch. The future is complete when this returns, unless previous values are wanted
  /// and a batch is being applied: then at the end of the batch, on the thread that applies it.
  ///
  /// It fails with a [CompactedException] if the revision to start from is too old, a
  /// [RateLimitedException] if there are too many watches, a [ClosedException] after the end.
  public CompletableFuture<Watch> watch(Watched what, WatchOptions options) {
    if (watchers.incrementAndGet() > limits.maxWatchers()) {
      watchers.decrementAndGet();
      return CompletableFuture.failedFuture(
          new RateLimitedException(
              "this node has as many watches as it may: max_watcher_count = "
                  + limits.maxWatchers(),
              RETRY_AFTER));
    }
    CompletableFuture<Watch> begun = new CompletableFuture<>();
    if (options.previousValues()) {
      history.wantPrevious();
      history.betweenBatches(() -> begin(what, options, begun));
      if (closed) {
        history.close();
      }
    } else {
      begin(what, options, begun);
    }
    return begun;
  }

  private void begin(Watched what, WatchOptions options, CompletableFuture<Watch> begun) {
    try {
      begun.complete(begin(what, options));
    } catch (CompactedException | ClosedException refused) {
      release(options.previousValues());
      begun.completeExceptionally(refused);
    }
  }

  private Watch begin(Watched what, WatchOptions options) {
    ChangeHistory.Head head = history.head();
    long from = options.fromRevision();
    long position = head.sequence() + 1;
    if (from == 0) {
      from = head.revision() + 1;
    } else {
      position = history.find(from, options.previousValues());
    }
    int asked = options.bufferSize();
    Watcher watcher =
        new Watcher(
            what,
            options.previousValues(),
            from,
            position,
            asked == 0 ? limits.bufferSize() : Math.min(asked, limits.bufferSize()),
            limits.bufferBytes(),
            execution::execute,
            owner);
    if (closed) {
      throw new ClosedException("the engine");
    }
    commands.add(new Add(watcher));
    if (started.compareAndSet(false, true)) {
      worker.start();
    }
    history.follow(worker::wake);
    worker.wake();
    if (closed) {
      // Whether the last round has seen it is not known.
      watcher.end(stopped(from - 1));
    }
    return watcher.watch;
  }

  private void release(boolean previous) {
    watchers.decrementAndGet();
    if (previous) {
      history.wantPreviousNoMore();
    }
  }

  private long round() {
    long due;
    boolean more;
    do {
      takeCommands();
      if (closed) {
        dispatcher.stop("the node stopped");
        return Long.MAX_VALUE;
      }
      more = dispatcher.work();
      due = dispatcher.tellProgress();
    } while (more || !commands.isEmpty());
    if (dispatcher.isIdle()) {
      history.follow(null);
      if (!commands.isEmpty()) {
        history.follow(worker::wake); // somebody came in between
        worker.wake();
      }
    }
    return due;
  }

  private void takeCommands() {
    for (Command command = commands.poll(); command != null; command = commands.poll()) {
      switch (command) {
        case Add(Watcher watcher) -> {
          if (!watcher.hasEnded()) {
            dispatcher.add(watcher);
          }
        }
        case Remove(Watcher watcher) -> dispatcher.remove(watcher);
      }
    }
  }

  /// What is done for those who watch.
  public WatchActivity activity() {
    ChangeHistory.Head head = history.head();
    return new WatchActivity(
        watchers.get(),
        dispatcher.delivered(),
        dispatcher.overflows(),
        head.floor() + 1,
        head.sequence() - head.oldest() + 1,
        head.bytes(),
        head.expiries());
  }

  /// Ends all watches, after what was applied has been told. To be called when nothing is applied
  /// any more; waits for the worker, whoever else has closed it.
  @Override
  public void close() {
    closed = true;
    history.close();
    worker.close();
  }

  private WatchEvent.Canceled stopped(long told) {
    return new WatchEvent.Canceled(
        told, WatchEvent.Reason.STOPPED, history.oldestRevision(), "the node stopped");
  }

  private final class Owner implements Watcher.Owner {

    @Override
    public void hasRoom() {
      worker.wake();
    }

    @Override
    public void closed(Watcher watcher) {
      commands.add(new Remove(watcher));
      worker.wake();
    }

    @Override
    public void ended(Watcher watcher) {
      release(watcher.withPrevious);
    }
  }
}
