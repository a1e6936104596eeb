package dengine.engine;

import dengine.interleaving.Together;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import org.jetbrains.lincheck.Lincheck;
import org.junit.jupiter.api.Test;

/// Lets a model checker run threads that submit, and one that takes over, in every order it can
/// think of. What matters lies in atomics, between whose calls it always switches.
@SuppressWarnings("missing-explicit-ctor") // public because the model checker asks for it
public class InterleavedSerialExecutorTest {

  private static final int INVOCATIONS = 1_000;

  @Test
  void submissionsInlineAndNotRunOnceEachInOrderOneBatchAtATime() {
    Lincheck.runConcurrentTest(
        INVOCATIONS,
        () -> {
          Together carrier = new Together();
          Ledger ledger = new Ledger(4);
          SerialExecutor<Integer> executor = new SerialExecutor<>(carrier, 2, ledger);
          Together.run(
              carrier,
              () -> {
                executor.submit(0, true);
                executor.submit(1, false);
              },
              () -> {
                executor.submit(2, false);
                executor.submit(3, true);
              });
          ledger.check(executor, 2);
        });
  }

  @Test
  void aRunThatIsTakenOverIsNotRunTwice() {
    Lincheck.runConcurrentTest(
        INVOCATIONS,
        () -> {
          Together carrier = new Together();
          Ledger ledger = new Ledger(2);
          SerialExecutor<Integer> executor = new SerialExecutor<>(carrier, 1, ledger);
          executor.submitTogether(0, () -> executor.submit(1, true));
          Together.run(carrier, executor::takeOver);
          ledger.check(executor, 2);
        });
  }

  @Test
  void whatIsSubmittedTogetherIsNotLostToThoseWhoComeBetween() {
    Lincheck.runConcurrentTest(
        INVOCATIONS,
        () -> {
          Together carrier = new Together();
          Ledger ledger = new Ledger(4);
          SerialExecutor<Integer> executor = new SerialExecutor<>(carrier, 3, ledger);
          Together.run(
              carrier,
              () -> executor.submitTogether(0, () -> executor.submit(1, true)),
              () -> {
                executor.submit(2, true);
                executor.takeOver();
                executor.submit(3, false);
              });
          ledger.check(executor, 2);
        });
  }

  /// What was run. Plain fields on purpose: they are right only if there is one runner at a time.
  private static final class Ledger implements Consumer<List<Integer>> {
    private final int[] order;
    private boolean running;
    private int count;
    private boolean broken;

    Ledger(int items) {
      order = new int[items];
    }

    @Override
    public void accept(List<Integer> batch) {
      broken |= running;
      running = true;
      for (int item : batch) {
        broken |= count == order.length;
        order[Math.min(count++, order.length - 1)] = item;
      }
      running = false;
    }

    /// Each thread submitted `each` items, in ascending order.
    void check(SerialExecutor<Integer> executor, int each) {
      boolean[] seen = new boolean[order.length];
      for (int item : order) {
        broken |= seen[item];
        seen[item] = true;
        broken |= item % each > 0 && !seen[item - 1];
      }
      if (broken || count != order.length || executor.backlog() != 0 || executor.runsHere()) {
        throw new AssertionError("ran " + count + ": " + Arrays.toString(order));
      }
    }
  }
}
