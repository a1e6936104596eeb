package dengine.testkit.conformance;

import dengine.engine.spi.StateMachine;
import dengine.testkit.conformance.Conformance.Check;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// What a view must be: the state of one moment, at nobody's expense.
final class ViewRules<M extends StateMachine> {

  private static final int LENGTH = 300;
  private static final long PATIENCE_SECONDS = 12;

  private final StateMachineSubject<M> subject;
  private final History<M> history;

  ViewRules(StateMachineSubject<M> subject) {
    this.subject = subject;
    this.history = new History<>(subject, 21, LENGTH);
  }

  List<Check> checks() {
    return List.of(
        new Check("laterBatchesDoNotChangeAView", this::laterBatchesDoNotChangeAView),
        new Check("applyGoesOnWhileAViewIsWritten", this::applyGoesOnWhileAViewIsWritten),
        new Check("severalViewsAreEachOfTheirMoment", this::severalViews),
        new Check("aViewMayBeClosedUnwritten", this::aViewMayBeClosedUnwritten),
        new Check("aViewSaysThatItCannotBeWritten", this::aViewSaysThatItCannotBeWritten));
  }

  private void laterBatchesDoNotChangeAView() throws Exception {
    try (Scratch scratch = new Scratch();
        M machine = subject.open(scratch.directory())) {
      history.applyEach(machine, 0, 150);
      Object then = subject.digest(machine);
      StateMachine.View view = Snapshots.view(machine);
      history.applyEach(machine, 150, LENGTH);
      holds(scratch, Snapshots.write(view), 150, then);
    }
  }

  /// The snapshot's file takes no more until batches were applied.
  private void applyGoesOnWhileAViewIsWritten() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(2);
    CountDownLatch started = new CountDownLatch(1);
    CountDownLatch applied = new CountDownLatch(1);
    try (Scratch scratch = new Scratch();
        M machine = subject.open(scratch.directory())) {
      history.applyEach(machine, 0, 150);
      Object then = subject.digest(machine);
      StateMachine.View view = Snapshots.view(machine);
      Snapshots.Interrupted out =
          new Snapshots.Interrupted(
              () -> {
                started.countDown();
                await(applied);
              });
      Future<?> writing = threads.submit(() -> write(view, out));
      Rule.holds(await(started), "nothing was written");
      try {
        threads
            .submit(() -> history.apply(machine, 150, LENGTH, new SplittableRandom(5)))
            .get(PATIENCE_SECONDS / 2, TimeUnit.SECONDS);
      } catch (TimeoutException e) {
        throw new AssertionError("apply waits until the view is written", e);
      } finally {
        applied.countDown();
        writing.get();
      }
      holds(scratch, out.bytes(), 150, then);
    } catch (ExecutionException e) {
      throw e.getCause() instanceof Exception cause ? cause : e;
    } finally {
      threads.close();
    }
  }

  private void severalViews() throws Exception {
    try (Scratch scratch = new Scratch();
        M machine = subject.open(scratch.directory())) {
      history.applyEach(machine, 0, 100);
      Object first = subject.digest(machine);
      StateMachine.View one = Snapshots.view(machine);
      history.applyEach(machine, 100, 200);
      Object second = subject.digest(machine);
      StateMachine.View two = Snapshots.view(machine);
      history.applyEach(machine, 200, LENGTH);
      holds(scratch, Snapshots.write(two), 200, second);
      holds(scratch, Snapshots.write(one), 100, first);
    }
  }

  private void aViewMayBeClosedUnwritten() throws Exception {
    ExecutorService other = Executors.newSingleThreadExecutor();
    try (Scratch scratch = new Scratch();
        M machine = subject.open(scratch.directory())) {
      history.applyEach(machine, 0, 150);
      Object then = subject.digest(machine);
      StateMachine.View view = Snapshots.view(machine);
      try {
        other.submit(view::close).get();
      } catch (ExecutionException e) {
        throw new AssertionError("close of a view failed: " + e.getCause(), e);
      }
      holds(scratch, Snapshots.take(machine), 150, then);
      history.applyEach(machine, 150, LENGTH);
    } finally {
      other.close();
    }
  }

  /// A full disk: the node goes on without this snapshot, which must not be taken for one.
  private void aViewSaysThatItCannotBeWritten() throws Exception {
    try (Scratch scratch = new Scratch();
        M machine = subject.open(scratch.directory())) {
      history.applyEach(machine, 0, 150);
      Snapshots.Interrupted full =
          new Snapshots.Interrupted(
              () -> {
                throw new IOException("no space left");
              });
      try (StateMachine.View view = Snapshots.view(machine)) {
        Rule.failsToRead("writing a view to a full disk", () -> view.writeTo(full));
      }
      Object then = subject.digest(machine);
      holds(scratch, Snapshots.take(machine), 150, then);
      history.applyEach(machine, 150, LENGTH);
    }
  }

  private void holds(Scratch scratch, byte[] snapshot, long index, Object digest) throws Exception {
    try (M other = subject.open(scratch.directory())) {
      history.restore(other, new ByteArrayInputStream(snapshot), index);
      Rule.same(
          digest, subject.digest(other), "the state in a snapshot that was taken at " + index);
    }
  }

  private static boolean write(StateMachine.View view, Snapshots.Interrupted out)
      throws IOException {
    try (view) {
      view.writeTo(out);
    }
    return true;
  }

  private static boolean await(CountDownLatch latch) {
    try {
      return latch.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
