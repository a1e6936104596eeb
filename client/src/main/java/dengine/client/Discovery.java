package dengine.client;

import dengine.api.ClosedException;
import dengine.api.Member;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Asks any server who the members are, again and again: a client that knows only whom it was told
/// of, and who led since, is lost when the last of them is replaced. Belongs to the client's event
/// loop.
final class Discovery {

  private final Routes routes;
  private final ClientLoop loop;
  private final Duration every;
  private final Supplier<CompletableFuture<List<Member>>> question;
  private boolean started;

  /// @param question a call like others, which ends when the client is closed
  Discovery(
      Routes routes,
      ClientLoop loop,
      Duration every,
      Supplier<CompletableFuture<List<Member>>> question) {
    this.routes = routes;
    this.loop = loop;
    this.every = every;
    this.question = question;
  }

  /// Does nothing a second time. Not before a server is there: nobody could answer.
  void start() {
    if (!started) {
      started = true;
      later();
    }
  }

  private void later() {
    var ignored = loop.schedule(this::ask, every.toNanos());
  }

  private void ask() {
    var ignored = question.get().whenComplete(this::answered);
  }

  /// Called within the turn of the answer, which may be going through the servers: what is learned
  /// comes after it.
  private void answered(@Nullable List<Member> members, @Nullable Throwable failure) {
    if (failure instanceof ClosedException) {
      return;
    }
    loop.execute(
        () -> {
          if (members != null) {
            routes.learn(members);
          }
          later();
        });
  }
}
