package dengine.grpc;

import dengine.engine.spi.Transport.Receiver;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// The links to the peers whose addresses are known. Any thread.
final class Links {

  /// Makes links.
  interface Maker {

    /// One that has not been started.
    ///
    /// @param address where the peer is; asked at each attempt to connect; null once it is
    /// forgotten
    PeerLink link(int id, Supplier<@Nullable String> address, Receiver receiver);
  }

  private final Maker maker;
  private final ConcurrentMap<Integer, String> addresses = new ConcurrentHashMap<>();
  private final ConcurrentMap<Integer, PeerLink> links = new ConcurrentHashMap<>();
  private volatile @Nullable Receiver receiver;
  private volatile boolean closed;

  Links(Maker maker) {
    this.maker = maker;
  }

  /// Says where a peer is, or where it is from now on.
  void peer(int id, String address) {
    connect(id, () -> addresses.put(id, address));
  }

  /// Connects to the peers, to those that become known later too.
  void start(Receiver messages) {
    receiver = messages;
    addresses.keySet().forEach(id -> connect(id, () -> {}));
  }

  /// Closes the connection to a peer; it may come back.
  void forget(int id) {
    links.compute(
        id,
        (_, present) -> {
          addresses.remove(id);
          if (present != null) {
            present.close();
          }
          return null;
        });
  }

  /// Whoever is here with the same peer waits for a moment: otherwise one who forgets could close
  /// the link that one who says where the peer is relies on.
  private void connect(int id, Runnable learn) {
    PeerLink link =
        links.compute(
            id,
            (_, present) -> {
              learn.run();
              Receiver messages = receiver;
              if (present != null) {
                present.moved();
                return present;
              }
              if (messages == null || !addresses.containsKey(id)) {
                return null;
              }
              PeerLink fresh = maker.link(id, () -> addresses.get(id), messages);
              fresh.start();
              return fresh;
            });
    // Who closes may have looked before it was there; if not, he comes for it as well.
    if (closed && link != null) {
      link.close();
    }
  }

  /// The link to a peer, null if its address is not known.
  @Nullable PeerLink to(int id) {
    return links.get(id);
  }

  /// Closes all links; [#awaitClosed] waits for them.
  void close() {
    closed = true;
    links.values().forEach(PeerLink::close);
  }

  /// Waits until the connections are gone; the event loops may be ended afterwards.
  ///
  /// @param millis for each
  void awaitClosed(long millis) throws InterruptedException {
    for (PeerLink link : links.values()) {
      link.awaitClosed(millis);
    }
  }
}
