package dengine.engine;

import dengine.engine.spi.Transport;
import dengine.raft.Message;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/// Connects nodes in one JVM; a node can be cut off.
final class Hub {

  private final Map<Integer, Transport.Receiver> receivers = new ConcurrentHashMap<>();
  private final Set<Integer> cutOff = ConcurrentHashMap.newKeySet();

  void cutOff(int node) {
    cutOff.add(node);
  }

  void heal() {
    cutOff.clear();
  }

  Transport transportOf(int self) {
    return new Transport() {
      @Override
      public void start(Receiver receiver) {
        receivers.put(self, receiver);
      }

      @Override
      public void send(int to, Message message) {
        Receiver receiver = receivers.get(to);
        if (receiver != null && !cutOff.contains(self) && !cutOff.contains(to)) {
          receiver.received(self, message);
        }
      }

      @Override
      public void close() {
        receivers.remove(self);
        receivers.values().forEach(other -> other.unreachable(self));
      }
    };
  }
}
