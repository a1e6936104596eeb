package dengine.client;

import io.grpc.ManagedChannel;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;

/// What a client runs on: one thread that owns all its state, a clock, randomness, and connections.
/// Those of this machine, or simulated ones.
public interface ClientLoop {

  /// Whether this is the loop's thread.
  boolean runsHere();

  /// Runs a step on the loop. Any thread.
  ///
  /// @throws RejectedExecutionException if the loop has been closed
  void execute(Runnable step);

  /// Runs a step on the loop after a while; cancelling the result prevents it.
  Future<?> schedule(Runnable step, long delayNanos);

  /// Runs a step on the loop again and again until the result is cancelled.
  Future<?> scheduleAtFixedRate(Runnable step, long periodNanos);

  /// Nanoseconds from an arbitrary point, never going back. Any thread.
  long nanoTime();

  /// A random number from 0 to `bound` - 1.
  long random(long bound);

  /// Prepares a connection; it is made when the first call on it starts.
  ///
  /// @param address `host:port`
  /// @param attempt number of the attempt: a name with several addresses gives one after the other
  /// @param dialled told the connection, on any thread
  /// @param failed told why there is none, on any thread
  void dial(String address, int attempt, Consumer<ManagedChannel> dialled, Consumer<String> failed);

  /// Ends the loop once the steps that were handed to it have run; later ones are refused.
  void close();
}
