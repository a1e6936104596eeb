package dengine.grpc;

import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;

/// Runs one turn at a time as long as somebody asks for one: whoever has news puts it where the
/// turn finds it, and then asks. One turn may serve several who asked before it began.
final class Turns {

  private final AtomicInteger asked = new AtomicInteger();
  private final Executor executor;
  private final Runnable turn;
  private final Runnable run = this::run;

  /// @param executor where turns run that are asked for
  Turns(Executor executor, Runnable turn) {
    this.executor = executor;
    this.turn = turn;
  }

  /// Asks for a turn on another thread.
  ///
  /// @throws java.util.concurrent.RejectedExecutionException if there is none; there will be no
  ///     turn any more
  void ask() {
    if (asked.getAndIncrement() == 0) {
      executor.execute(run);
    }
  }

  /// Takes a turn here and now, or leaves it to whoever has one at present.
  void take() {
    if (asked.getAndIncrement() == 0) {
      run();
    }
  }

  private void run() {
    int seen = asked.get();
    while (seen != 0) {
      turn.run();
      seen = asked.addAndGet(-seen);
    }
  }
}
