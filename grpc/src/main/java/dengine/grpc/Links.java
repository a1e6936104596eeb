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
    /// @param address where the peer is; asked at each attempt to connect
    PeerLink link(int id, Supplier<String> address, Receiver receiver);
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
    addresses.put(id, address);
    Receiver messages = receiver;
    if (messages != null) {
      link(id, messages);
    }
  }

  /// Connects to the peers, to those that become known later too.
  void start(Receiver messages) {
    receiver = messages;
    addresses.keySet().forEach(id -> link(id, messages));
  }

  /// Several threads may be here with one peer: what they bring is only that there is an address,
  /// the link looks up which one is the last.
  private void link(int id, Receiver messages) {
    PeerLink present = links.get(id);
    if (present == null) {
      PeerLink fresh = maker.link(id, () -> addresses.get(id), messages);
      present = links.putIfAbsent(id, fresh);
      if (present == null) {
        // Who closes may have looked before it was there; if not, he comes for it.
        if (closed) {
          fresh.close();
        } else {
          fresh.start();
        }
        return;
      }
    }
    present.moved();
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
