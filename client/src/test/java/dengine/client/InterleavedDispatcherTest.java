package dengine.client;

import dengine.api.ClosedException;
import dengine.interleaving.Together;
import dengine.proto.v1.Command;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jetbrains.lincheck.Lincheck;
import org.junit.jupiter.api.Test;

/// Lets a model checker run callers and the one who closes the client, against the loop that owns
/// it, in every order it can think of.
@SuppressWarnings("missing-explicit-ctor") // public because the model checker asks for it
public class InterleavedDispatcherTest {

  private static final int INVOCATIONS = 50;
  private static final Operation<String> READ =
      new Operation<>(Operation.Kind.ANY_READ, Command.getDefaultInstance(), reply -> "");

  @Test
  void everyCallEndsWhenTheClientIsClosedWhicheverSideFindsIt() {
    Lincheck.runConcurrentTest(
        INVOCATIONS,
        () -> {
          ModelLoop loop = new ModelLoop();
          Dispatcher dispatcher = new Dispatcher(List.of(), ClientOptions.DEFAULT, loop);
          Caller caller = new Caller(dispatcher);
          Caller late = new Caller(dispatcher);
          Together.share(dispatcher, caller);
          // On the loop: elsewhere it would wait, in real time, for a step of the model.
          Together.run(loop.threads, caller, () -> loop.execute(dispatcher::close));
          late.run();
          require(
              caller.ended(ClosedException.class)
                  && late.ended(ClosedException.class)
                  && dispatcher.underWay() == 0,
              dispatcher.underWay());
        });
  }

  /// Makes two calls.
  private static final class Caller implements Runnable {
    private final Dispatcher dispatcher;
    private CompletableFuture<String> one;
    private CompletableFuture<String> two;

    Caller(Dispatcher dispatcher) {
      this.dispatcher = dispatcher;
    }

    @Override
    public void run() {
      one = dispatcher.submit(READ, Duration.ofSeconds(1));
      two = dispatcher.submit(READ, Duration.ofSeconds(1));
    }

    boolean ended(Class<? extends Exception> how) {
      return how.isInstance(outcome(one)) && how.isInstance(outcome(two));
    }
  }

  private static Object outcome(CompletableFuture<String> call) {
    return call.handle((value, failure) -> (Object) failure).getNow("none");
  }

  private static void require(boolean condition, Object seen) {
    if (!condition) {
      throw new AssertionError(seen);
    }
  }
}
