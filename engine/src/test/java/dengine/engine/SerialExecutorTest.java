package dengine.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

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
              batches.add(batch);
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
                  executor.submit(new int[] {id, i}, (i & 1) == 0);
                }
              });
    }

    assertThat(done.await(60, TimeUnit.SECONDS)).isTrue();
    assertThat(overlaps).hasValue(0);
    assertThat(disorder).hasValue(0);
    assertThat(last).containsOnly(each);
  }
}
