package dengine.client;

import dengine.interleaving.SerialLoop;
import dengine.interleaving.Together;
import io.grpc.ManagedChannel;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/// A client's loop for the model checker. Time does not pass, and nobody is dialled unless the test
/// says so.
class ModelLoop implements ClientLoop {

  final Together threads = new Together();
  private final SerialLoop loop = new SerialLoop(threads);

  @Override
  public boolean runsHere() {
    return loop.runsHere();
  }

  @Override
  public void execute(Runnable step) {
    loop.execute(step);
  }

  @Override
  public Future<?> schedule(Runnable step, long delayNanos) {
    return loop.schedule(step, delayNanos, TimeUnit.NANOSECONDS);
  }

  @Override
  public Future<?> scheduleAtFixedRate(Runnable step, long periodNanos) {
    return loop.scheduleAtFixedRate(step, periodNanos, periodNanos, TimeUnit.NANOSECONDS);
  }

  @Override
  public long nanoTime() {
    return 0;
  }

  @Override
  public long random(long bound) {
    return 0;
  }

  @Override
  public void dial(
      String address, int attempt, Consumer<ManagedChannel> dialled, Consumer<String> failed) {}

  @Override
  public void close() {
    loop.shutdown();
  }
}
