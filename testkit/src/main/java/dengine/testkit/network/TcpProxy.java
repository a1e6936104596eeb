package dengine.testkit.network;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/// Stands between one client and one server on loopback and lets bytes through as told.
///
/// For any number of threads. Each connection costs four virtual threads.
public final class TcpProxy implements AutoCloseable {

  private static final int BACKLOG = 64;
  private static final int CONNECT_MILLIS = 1000;

  private final InetSocketAddress target;
  private final ServerSocket listener;
  private final Gate gate = new Gate();
  private final Set<ProxiedConnection> connections = ConcurrentHashMap.newKeySet();
  private final AtomicLong accepted = new AtomicLong();
  private final AtomicLong reset = new AtomicLong();
  private final AtomicLong forwardBytes = new AtomicLong();
  private final AtomicLong backwardBytes = new AtomicLong();

  /// What went through a proxy so far.
  ///
  /// @param accepted connections accepted
  /// @param reset connections cut by order, refused ones included
  /// @param forwardBytes bytes passed on to the server
  /// @param backwardBytes bytes passed on to the client
  public record Counters(long accepted, long reset, long forwardBytes, long backwardBytes) {}

  private TcpProxy(InetSocketAddress target, ServerSocket listener) {
    this.target = target;
    this.listener = listener;
  }

  /// Starts a proxy on a free port of the loopback address.
  ///
  /// @param target where to connect for each connection accepted; need not listen yet
  public static TcpProxy to(InetSocketAddress target) throws IOException {
    return between(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), target);
  }

  /// Starts a proxy where clients expect it.
  ///
  /// @param at the address to listen at; port 0 takes a free one
  /// @param target where to connect for each connection accepted; need not listen yet
  public static TcpProxy between(InetSocketAddress at, InetSocketAddress target)
      throws IOException {
    ServerSocket listener = new ServerSocket(at.getPort(), BACKLOG, at.getAddress());
    TcpProxy proxy = new TcpProxy(target, listener);
    Thread.ofVirtual().name("proxy-" + listener.getLocalPort()).start(proxy::accept);
    return proxy;
  }

  /// Where to connect instead of the target, `host:port`.
  public String address() {
    return listener.getInetAddress().getHostAddress() + ":" + listener.getLocalPort();
  }

  /// Treats all bytes like this from now on. [LinkMode.Refuse] also cuts what is connected.
  public void mode(LinkMode mode) {
    gate.set(mode);
    if (mode instanceof LinkMode.Refuse) {
      cut();
    }
  }

  /// How bytes are treated now.
  public LinkMode mode() {
    return gate.mode();
  }

  /// Resets all connections; held bytes are lost. New connections are treated as the mode says.
  public void cut() {
    for (ProxiedConnection connection : connections) {
      reset.incrementAndGet();
      connection.reset();
    }
  }

  /// Tells the servers of all connections that their clients will send no more, while the other
  /// direction goes on.
  public void halfClose() {
    connections.forEach(ProxiedConnection::halfClose);
  }

  /// What went through so far.
  public Counters counters() {
    return new Counters(accepted.get(), reset.get(), forwardBytes.get(), backwardBytes.get());
  }

  @Override
  public void close() {
    try {
      listener.close();
    } catch (IOException e) {
      throw new IllegalStateException("cannot release port " + listener.getLocalPort(), e);
    }
    cut();
    gate.open();
  }

  private void accept() {
    while (!listener.isClosed()) {
      try {
        Socket client = listener.accept();
        accepted.incrementAndGet();
        Thread.startVirtualThread(() -> connect(client));
      } catch (IOException e) {
        // Closed, or the client was gone already; the loop's condition tells.
      }
    }
  }

  private void connect(Socket client) {
    Socket server = new Socket();
    ProxiedConnection connection = new ProxiedConnection(client, server, gate);
    // Known before the server is: a cut must reach a connection that the server has just accepted.
    connections.add(connection);
    try {
      if (listener.isClosed() || gate.mode() instanceof LinkMode.Refuse) {
        reset.incrementAndGet();
        connection.reset();
        return;
      }
      server.connect(target, CONNECT_MILLIS);
      server.setTcpNoDelay(true);
      client.setTcpNoDelay(true);
      connection.run(forwardBytes, backwardBytes);
    } catch (IOException e) {
      // The client learns what it would learn without the proxy: nobody is there.
      connection.reset();
    } finally {
      connections.remove(connection);
    }
  }
}
