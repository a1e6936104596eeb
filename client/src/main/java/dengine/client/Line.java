package dengine.client;

import io.grpc.ManagedChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// A connection that watches on one server share. Made for the first of them, closed with the last.
///
/// Owned by the client's event loop.
final class Line {

  /// Who waits for the connection.
  ///
  /// @param up told the connection
  /// @param down told why there is none
  record Waiting(Consumer<ManagedChannel> up, Consumer<String> down) {}

  /// Most watches on one connection. A server takes a bounded number of calls on each, and lets
  /// those beyond it wait without saying so.
  private static final int MOST_USERS = 1000;

  final String address;
  private final List<Waiting> waiting = new ArrayList<>();
  private @Nullable ManagedChannel channel;
  private int users;
  private boolean closed;

  Line(String address) {
    this.address = address;
  }

  boolean hasRoom() {
    return users < MOST_USERS;
  }

  /// Somebody uses it from here on.
  void join(Waiting user) {
    users++;
    ManagedChannel present = channel;
    if (present != null) {
      user.up.accept(present);
    } else {
      waiting.add(user);
    }
  }

  /// Somebody uses it no more.
  ///
  /// @return whether nobody does
  boolean leave() {
    users--;
    if (users == 0) {
      close();
    }
    return users == 0;
  }

  void dialled(ManagedChannel made) {
    if (closed) {
      made.shutdownNow();
      return;
    }
    channel = made;
    take().forEach(user -> user.up.accept(made));
  }

  void failed(String why) {
    take().forEach(user -> user.down.accept(why));
  }

  private List<Waiting> take() {
    List<Waiting> taken = List.copyOf(waiting);
    waiting.clear();
    return taken;
  }

  private void close() {
    closed = true;
    waiting.clear();
    ManagedChannel present = channel;
    if (present != null) {
      present.shutdownNow();
    }
  }
}
