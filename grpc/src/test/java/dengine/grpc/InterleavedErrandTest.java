package dengine.grpc;

import dengine.interleaving.SerialLoop;
import dengine.interleaving.Together;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.jetbrains.lincheck.Lincheck;
import org.junit.jupiter.api.Test;

/// Lets a model checker run those who leave work in a queue against the loop that comes for it.
@SuppressWarnings("missing-explicit-ctor") // public because the model checker asks for it
public class InterleavedErrandTest {

  private static final int INVOCATIONS = 1_000;

  @Test
  void nothingIsLeftWithNobodyToComeForIt() {
    Lincheck.runConcurrentTest(
        INVOCATIONS,
        () -> {
          Together threads = new Together();
          Queue<Integer> queue = new ConcurrentLinkedQueue<>();
          AtomicInteger fetched = new AtomicInteger();
          Errand errand = new Errand(threads, () -> fetched.addAndGet(drain(queue)));
          Together.share(errand, queue, fetched);
          Runnable sender =
              () -> {
                queue.add(1);
                errand.ask();
              };
          Together.run(threads, sender, sender);
          if (fetched.get() != 2) {
            throw new AssertionError(fetched + " of 2");
          }
        });
  }

  @Test
  void whoAsksALoopThatEndsIsNotDisturbed() {
    Lincheck.runConcurrentTest(
        20,
        () -> {
          Together threads = new Together();
          SerialLoop loop = new SerialLoop(threads);
          Errand errand = new Errand(loop, () -> {});
          Together.share(errand, loop);
          Together.run(threads, errand::ask, loop::shutdown);
        });
  }

  private static int drain(Queue<Integer> queue) {
    int drained = 0;
    while (queue.poll() != null) {
      drained++;
    }
    return drained;
  }
}
