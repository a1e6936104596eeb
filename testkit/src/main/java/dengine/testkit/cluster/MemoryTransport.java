package dengine.testkit.cluster;

import dengine.engine.spi.Transport;
import dengine.raft.Message;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/// One node's end of a [MemoryNetwork]. Each link has a virtual thread that carries its messages.
final class MemoryTransport implements Transport {

  private final MemoryNetwork network;
  private final int node;
  private final Map<Integer, MemoryLink> links = new ConcurrentHashMap<>();
  private volatile @Nullable Receiver receiver;
  private volatile boolean closed;

  MemoryTransport(MemoryNetwork network, int node) {
    this.network = network;
    this.node = node;
  }

  @Override
  public void start(Receiver to) {
    receiver = to;
    network.started(node, this);
  }

  @Override
  public void send(int to, Message message) {
    if (!closed) {
      links.computeIfAbsent(to, peer -> new MemoryLink(network, node, peer, this)).send(message);
    }
  }

  @Override
  public void close() {
    closed = true;
    network.closed(node, this);
    links.values().forEach(MemoryLink::close);
  }

  boolean received(int from, Message message) {
    Receiver present = receiver;
    if (closed || present == null) {
      return false;
    }
    present.received(from, message);
    return true;
  }

  void unreachable(int peer) {
    Receiver present = receiver;
    if (!closed && present != null) {
      present.unreachable(peer);
    }
  }
}
