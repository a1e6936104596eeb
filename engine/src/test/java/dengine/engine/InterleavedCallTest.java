package dengine.engine;

import dengine.interleaving.Together;
import java.util.concurrent.atomic.AtomicInteger;
import org.jetbrains.lincheck.Lincheck;
import org.junit.jupiter.api.Test;

/// Lets a model checker run a caller, and those who end his call, in every order it can think of.
/// It lets every sleeper wake by itself, so an end that the caller misses is for [CallTest] to
/// find.
@SuppressWarnings("missing-explicit-ctor") // public because the model checker asks for it
public class InterleavedCallTest {

  private static final int INVOCATIONS = 1_000;

  @Test
  void whoWaitsGetsTheOneEndThatEverybodySees() {
    Lincheck.runConcurrentTest(
        INVOCATIONS,
        () -> {
          WriteCall call = new WriteCall(new byte[0], 0, null);
          Object[] got = new Object[1];
          Together.share(call);
          Together.run(
              new Together(),
              () -> got[0] = outcome(call),
              () -> call.succeed("done"),
              () -> call.fail(call.expired()));
          require(call.isDone() && got[0] != null && got[0].equals(outcome(call)), got[0]);
        });
  }

  @Test
  void whoIsCalledBackIsCalledBackOnce() {
    Lincheck.runConcurrentTest(
        INVOCATIONS,
        () -> {
          AtomicInteger successes = new AtomicInteger();
          AtomicInteger failures = new AtomicInteger();
          ReadCall call =
              new ReadCall(
                  0, (_, failure) -> (failure == null ? successes : failures).incrementAndGet());
          Together.share(call);
          Together.run(
              new Together(),
              () -> call.succeed(null),
              () -> call.fail(call.expired()),
              () -> call.fail(call.interrupted()));
          require(successes.get() + failures.get() == 1, successes);
        });
  }

  @Test
  void anInterruptEndsTheWaitOfACallThatNobodyEnds() {
    Lincheck.runConcurrentTest(
        INVOCATIONS,
        () -> {
          ReadCall call = new ReadCall(0, null);
          Object[] got = new Object[1];
          boolean[] stillInterrupted = new boolean[1];
          Thread caller =
              new Thread(
                  () -> {
                    got[0] = outcome(call);
                    stillInterrupted[0] = Thread.currentThread().isInterrupted();
                  });
          caller.start();
          caller.interrupt();
          try {
            caller.join();
          } catch (InterruptedException e) {
            throw new AssertionError(e);
          }
          require(got[0] instanceof NodeException.DeadlinePassed, got[0]);
          require(stillInterrupted[0], "the interrupt was swallowed");
        });
  }

  private static Object outcome(Call call) {
    try {
      return call.await();
    } catch (NodeException failure) {
      return failure;
    }
  }

  private static void require(boolean condition, Object seen) {
    if (!condition) {
      throw new AssertionError(seen);
    }
  }
}
