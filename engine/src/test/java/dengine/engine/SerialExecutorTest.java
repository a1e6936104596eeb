package dengine.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class SerialExecutorTest {

  @Test
  void anIdleExecutorRunsOnTheSubmittingThread() {
    List<Thread> runners = new ArrayList<>();
    SerialExecutor<String> executor =
        new SerialExecutor<>(
            Thread::startVirtualThread, 10, b -> runners.add(Thread.currentThread()));

    executor.submit("one", true);

    assertThat(runners).containsExactly(Thread.currentThread());
    assertThat(executor.backlog()).isZero();
  }

  @Test
  void whatIsSubmittedDuringABatchIsTheNextBatchNotANestedOne() {
    List<List<String>> batches = new ArrayList<>();
    List<SerialExecutor<String>> self = new ArrayList<>();
    SerialExecutor<String> executor =
        new SerialExecutor<>(
            Thread::startVirtualThread,
            10,
            batch -> {
              batches.add(List.copyOf(batch));
              if (batch.contains("first")) {
                self.getFirst().submit("second", true);
                self.getFirst().submit("third", true);
                assertThat(batches).hasSize(1);
              }
            });
    self.add(executor);

    executor.submit("first", true);

    assertThat(batches).containsExactly(List.of("first"), List.of("second", "third"));
  }

  @Test
  void whatIsSubmittedTogetherIsOneBatch() throws Exception {
    List<List<String>> batches = new ArrayList<>();
    CountDownLatch done = new CountDownLatch(1);
    SerialExecutor<String> executor =
        new SerialExecutor<>(
            Thread::startVirtualThread,
            10,
            batch -> {
              batches.add(List.copyOf(batch));
              done.countDown();
            });

    executor.submitTogether(
        "first",
        () -> {
          executor.submit("one", true);
          executor.submit("two", true);
        });

    assertThat(done.await(10, TimeUnit.SECONDS)).isTrue();
    assertThat(batches).containsExactly(List.of("first", "one", "two"));
  }

  @Test
  void aRunThatNoCarrierComesToIsTakenOverOnce() {
    List<List<String>> batches = new ArrayList<>();
    List<Runnable> starved = new ArrayList<>();
    SerialExecutor<String> executor =
        new SerialExecutor<>(starved::add, 10, batch -> batches.add(List.copyOf(batch)));
    executor.submit("one", false);
    executor.submit("two", false);

    executor.takeOver();
    executor.takeOver();
    assertThat(batches).containsExactly(List.of("one", "two"));
    starved.forEach(Runnable::run);
    assertThat(batches).hasSize(1);
    assertThat(executor.backlog()).isZero();

    executor.submit("three", false);
    starved.getLast().run();
    assertThat(batches).hasSize(2).last().isEqualTo(List.of("three"));
  }

  @Test
  void workThatThrowsDoesNotStopWhatIsBehindIt() {
    List<String> done = new ArrayList<>();
    List<Runnable> carrier = new ArrayList<>();
    SerialExecutor<String> executor =
        new SerialExecutor<>(
            carrier::add,
            1,
            batch -> {
              if (batch.contains("bad")) {
                throw new IllegalStateException("against the contract");
              }
              done.addAll(batch);
            });
    executor.submit("bad", false);
    executor.submit("good", false);

    assertThatThrownBy(carrier.getFirst()::run).isInstanceOf(IllegalStateException.class);
    carrier.getLast().run();

    assertThat(done).containsExactly("good");
    assertThat(executor.backlog()).isZero();
  }

  @Test
  void aSlowSubmissionIsTakenOverWithoutItsOwnItemsBeingLost() {
    List<List<String>> batches = new ArrayList<>();
    List<Runnable> carrier = new ArrayList<>();
    SerialExecutor<String> executor =
        new SerialExecutor<>(carrier::add, 10, batch -> batches.add(List.copyOf(batch)));

    executor.submitTogether(
        "news",
        () -> {
          executor.takeOver(); // as the ticker does while a callback takes its time
          executor.submit("late", false);
        });
    List.copyOf(carrier).forEach(Runnable::run);

    assertThat(batches).containsExactly(List.of("news"), List.of("late"));
    assertThat(executor.backlog()).isZero();
  }

  @Test
  void everyItemOfEveryThreadRunsOnceInOrderAndNeverTwoAtATime() throws Exception {
    int threads = 8;
    int each = 20_000;
    AtomicInteger running = new AtomicInteger();
    AtomicInteger overlaps = new AtomicInteger();
    int[] last =
        new int[threads]; // guarded by the executor being serial: a race would show as disorder
    AtomicInteger disorder = new AtomicInteger();
    CountDownLatch done = new CountDownLatch(threads * each);
    SerialExecutor<int[]> executor =
        new SerialExecutor<>(
            Thread::startVirtualThread,
            64,
            batch -> {
              if (running.incrementAndGet() != 1) {
                overlaps.incrementAndGet();
              }
              for (int[] item : batch) {
                if (last[item[0]] != item[1] - 1) {
                  disorder.incrementAndGet();
                }
                last[item[0]] = item[1];
                done.countDown();
              }
              running.decrementAndGet();
            });

    for (int t = 0; t < threads; t++) {
      int id = t;
      Thread.ofPlatform()
          .start(
              () -> {
                for (int i = 1; i <= each; i++) {
                  int[] item = {id, i};
                  if (i % 3 == 0) {
                    executor.submitTogether(item, () -> {});
                  } else {
                    executor.submit(item, i % 3 == 1);
                  }
                }
              });
    }

    while (!done.await(100, TimeUnit.MICROSECONDS)) {
      executor.takeOver();
    }
    assertThat(overlaps).hasValue(0);
    assertThat(disorder).hasValue(0);
    assertThat(last).containsOnly(each);
  }
}
