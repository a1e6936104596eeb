package dengine.grpc;

import dengine.api.AsyncClient;
import dengine.api.Client;
import io.grpc.Context;
import io.grpc.Deadline;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/// Gives each call the engine's client with the time the caller has left, within the server's
/// maximum.
final class Deadlines {

  private final Client client;
  private final ServiceOptions options;
  private final Traffic traffic;
  private final AsyncClient byDefault;
  private volatile Recent recent;

  /// @param traffic counts what is asked of them
  Deadlines(Client client, ServiceOptions options, Traffic traffic) {
    this.client = client;
    this.options = options;
    this.traffic = traffic;
    this.byDefault = traffic.through(client.withDeadline(options.defaultDeadline()).async());
    this.recent = new Recent(0, byDefault);
  }

  /// For the unary call that is being handled.
  AsyncClient forCall() {
    Deadline deadline = Context.current().getDeadline();
    if (deadline == null) {
      return byDefault;
    }
    return within(Duration.ofNanos(deadline.timeRemaining(TimeUnit.NANOSECONDS)));
  }

  /// For a command of a session.
  ///
  /// @param millis what the command says; 0 if nothing
  AsyncClient forMillis(long millis) {
    if (millis == 0) {
      return byDefault;
    }
    // Commands that arrive together have the same time left.
    Recent known = recent;
    if (known.millis != millis) {
      known = new Recent(millis, within(Duration.ofMillis(millis)));
      recent = known;
    }
    return known.client;
  }

  private record Recent(long millis, AsyncClient client) {}

  private AsyncClient within(Duration asked) {
    return traffic.through(client.withDeadline(options.capped(asked)).async());
  }
}
