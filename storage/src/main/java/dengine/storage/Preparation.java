package dengine.storage;

import dengine.engine.spi.StorageException;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.ThreadFactory;
import org.jspecify.annotations.Nullable;

/// What is made in advance, one at a time, by a thread that lives only for that. Belongs to one
/// thread; the other asks [#isGivenUp] only.
final class Preparation<T> {

  private final ThreadFactory threads;
  private @Nullable FutureTask<T> task;
  private volatile boolean givenUp;

  Preparation(ThreadFactory threads) {
    this.threads = threads;
  }

  /// Starts this work, unless something that was prepared has not been taken yet.
  void begin(Callable<T> work) {
    if (task == null) {
      FutureTask<T> begun = new FutureTask<>(work);
      threads.newThread(begun).start();
      task = begun; // not before it runs: whoever takes it would wait for ever
    }
  }

  /// Takes what was prepared, or empty if nothing was. Waits until it is ready, whoever interrupts.
  ///
  /// @throws StorageException how the work failed; another one may begin then
  Optional<T> take() throws IOException {
    FutureTask<T> begun = task;
    if (begun == null) {
      return Optional.empty();
    }
    task = null;
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return Optional.of(begun.get());
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    } catch (ExecutionException e) {
      throw failureOf(e);
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /// Lets the work end early. What it has made is still there to be taken.
  void giveUp() {
    givenUp = true;
  }

  /// Whether the work should end early. Asked by the work.
  boolean isGivenUp() {
    return givenUp;
  }

  private static StorageException failureOf(ExecutionException e) throws IOException {
    return switch (e.getCause()) {
      case StorageException failure -> failure;
      case IOException failure -> throw failure;
      case null, default -> throw new IOException(e.getCause());
    };
  }
}
