package dengine.engine;

import dengine.engine.spi.Clock;
import dengine.engine.spi.Execution;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/// The end of a node: steps in their order, none of which waits. What is not over yet is looked at
/// again a moment later, so that the end, too, can be simulated. Belongs to whoever runs it.
final class Shutdown implements Execution.Round {

  private static final long MOMENT = 1_000_000;

  private interface Step {
    boolean isOver(long now);
  }

  private final Deque<Step> steps = new ArrayDeque<>();
  private final Clock clock;
  private final Consumer<Throwable> failed;

  /// @param failed told of a step that threw; the others follow all the same: one failing part must
  ///     not keep the rest from letting go of their files and ports
  Shutdown(Clock clock, Consumer<Throwable> failed) {
    this.clock = clock;
    this.failed = failed;
  }

  /// Does something.
  Shutdown then(Runnable action) {
    steps.add(
        _ -> {
          action.run();
          return true;
        });
    return this;
  }

  /// Goes on once something is so.
  Shutdown thenAwait(BooleanSupplier over) {
    steps.add(_ -> over.getAsBoolean());
    return this;
  }

  /// Goes on once something is so, or has not become so for a while.
  Shutdown thenAwait(BooleanSupplier over, Duration atMost) {
    steps.add(
        new Step() {
          private long since = -1;

          @Override
          public boolean isOver(long now) {
            since = since == -1 ? now : since;
            return over.getAsBoolean() || now - since >= atMost.toNanos();
          }
        });
    return this;
  }

  @Override
  public long run() {
    for (Step step = steps.peek(); step != null; step = steps.peek()) {
      if (!isOver(step)) {
        return clock.nanoTime() + MOMENT;
      }
      steps.remove();
    }
    return DONE;
  }

  private boolean isOver(Step step) {
    try {
      return step.isOver(clock.nanoTime());
    } catch (RuntimeException | Error failure) {
      failed.accept(failure);
      return true;
    }
  }
}
