package dengine.testkit.network;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/// One [TcpProxy] for each ordered pair of nodes: what a node sends goes through links of its own,
/// so a cut may concern one direction only. Nodes may come and go. For any number of threads.
public final class Links implements AutoCloseable {

  /// From one node to another.
  public record Direction(int from, int to) {}

  private final Map<Direction, TcpProxy> proxies = new ConcurrentHashMap<>();

  /// Lets one node reach another.
  ///
  /// @param at where the first one connects to
  /// @param listening where the other one listens or will listen
  public void connect(int from, int to, InetSocketAddress at, InetSocketAddress listening)
      throws IOException {
    TcpProxy proxy = TcpProxy.between(at, listening);
    TcpProxy before = proxies.put(new Direction(from, to), proxy);
    if (before != null) {
      before.close();
    }
  }

  /// Closes all links from and to a node.
  public void forget(int node) {
    for (Direction direction : List.copyOf(proxies.keySet())) {
      if (direction.from() == node || direction.to() == node) {
        TcpProxy proxy = proxies.remove(direction);
        if (proxy != null) {
          proxy.close();
        }
      }
    }
  }

  /// The link from one node to another.
  public TcpProxy link(int from, int to) {
    TcpProxy proxy = proxies.get(new Direction(from, to));
    if (proxy == null) {
      throw new IllegalArgumentException("no link from " + from + " to " + to);
    }
    return proxy;
  }

  /// Treats all links from nodes of one group to nodes of the other like this; the other direction
  /// stays as it is.
  public void oneWay(Set<Integer> from, Set<Integer> to, LinkMode mode) {
    proxies.forEach(
        (direction, proxy) -> {
          if (from.contains(direction.from()) && to.contains(direction.to())) {
            proxy.mode(mode);
          }
        });
  }

  /// Treats all links between the two groups like this.
  public void both(Set<Integer> some, Set<Integer> others, LinkMode mode) {
    oneWay(some, others, mode);
    oneWay(others, some, mode);
  }

  /// Lets everything pass again.
  ///
  /// @param cut whether to reset what was connected, so that held bytes are lost instead of
  ///     arriving late
  public void heal(boolean cut) {
    for (TcpProxy proxy : proxies.values()) {
      boolean whole = proxy.mode() instanceof LinkMode.Pass;
      if (cut && !whole) {
        proxy.cut();
      }
      proxy.mode(new LinkMode.Pass());
    }
  }

  /// What each link does, for reports.
  public List<String> describe() {
    List<String> lines = new ArrayList<>();
    proxies.forEach(
        (direction, proxy) ->
            lines.add(
                direction.from()
                    + "->"
                    + direction.to()
                    + " "
                    + proxy.mode()
                    + " "
                    + proxy.counters()));
    return lines;
  }

  @Override
  public void close() {
    proxies.values().forEach(TcpProxy::close);
  }
}
