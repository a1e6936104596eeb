package dengine.testkit.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class TcpProxyTest {

  /// Long enough that bytes which may pass would have come.
  private static final int SILENCE_MILLIS = 150;

  private ServerSocket listener;
  private TcpProxy proxy;
  private Socket client;
  private Socket server;

  @BeforeEach
  void connect() throws IOException {
    listener = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
    proxy = TcpProxy.to(new InetSocketAddress(listener.getInetAddress(), listener.getLocalPort()));
    client = dial();
    server = listener.accept();
    // One byte, so that the proxy has finished connecting before a test interferes.
    send(client, 0);
    receive(server, 1);
  }

  @AfterEach
  void close() throws IOException {
    client.close();
    server.close();
    proxy.close();
    listener.close();
  }

  private Socket dial() throws IOException {
    String[] parts = proxy.address().split(":", 2);
    return new Socket(parts[0], Integer.parseInt(parts[1]));
  }

  @Test
  void bytesPassInBothDirectionsAndAreCounted() throws IOException {
    send(client, 1, 2, 3);
    assertThat(receive(server, 3)).containsExactly(1, 2, 3);
    send(server, 4);
    assertThat(receive(client, 1)).containsExactly(4);

    assertThat(proxy.counters().accepted()).isEqualTo(1);
    assertThat(proxy.counters().forwardBytes()).isEqualTo(4);
  }

  @Test
  void aBlackholeHoldsBytesUntilItIsHealed() throws IOException {
    proxy.mode(new LinkMode.Blackhole());
    send(client, 1);
    send(server, 2);
    assertSilent(server);
    assertSilent(client);

    proxy.mode(new LinkMode.Pass());

    assertThat(receive(server, 1)).containsExactly(1);
    assertThat(receive(client, 1)).containsExactly(2);
  }

  @Test
  void aOneWayBlockHoldsOneDirectionOnly() throws IOException {
    proxy.mode(new LinkMode.BlockForward());
    send(client, 1);
    send(server, 2);
    assertThat(receive(client, 1)).containsExactly(2);
    assertSilent(server);

    proxy.mode(new LinkMode.BlockBackward());
    assertThat(receive(server, 1)).containsExactly(1);
    send(server, 3);
    assertSilent(client);
  }

  @Test
  void aRefusingLinkResetsWhatIsConnectedAndWhatConnects() throws IOException {
    proxy.mode(new LinkMode.Refuse());

    assertThatThrownBy(() -> receive(client, 1)).isInstanceOf(SocketException.class);
    try (Socket late = dial()) {
      assertThatThrownBy(() -> receive(late, 1)).isInstanceOf(SocketException.class);
    }
    assertThat(proxy.counters().reset()).isEqualTo(2);
  }

  @Test
  void aCutLosesHeldBytesAndLetsNewConnectionsPass() throws IOException {
    proxy.mode(new LinkMode.Blackhole());
    send(client, 1);
    proxy.cut();
    proxy.mode(new LinkMode.Pass());

    assertThatThrownBy(() -> receive(server, 1)).isInstanceOf(SocketException.class);
    try (Socket again = dial();
        Socket accepted = listener.accept()) {
      send(again, 7);
      assertThat(receive(accepted, 1)).containsExactly(7);
    }
  }

  @Test
  void aHalfClosedConnectionStillCarriesTheOtherDirection() throws IOException {
    proxy.halfClose();

    assertThat(server.getInputStream().read()).isEqualTo(-1);
    send(server, 5);
    assertThat(receive(client, 1)).containsExactly(5);
  }

  @Test
  void aDelayedByteComesLater() throws IOException {
    proxy.mode(new LinkMode.Delay(Duration.ofMillis(100)));
    long start = System.nanoTime();
    send(client, 1);

    assertThat(receive(server, 1)).containsExactly(1);
    assertThat(System.nanoTime() - start).isGreaterThanOrEqualTo(100_000_000L);
  }

  @Test
  void aServerThatIsGoneIsNoticed() throws IOException {
    server.close();

    assertThat(client.getInputStream().read()).isEqualTo(-1);
  }

  @Test
  void moreBytesThanThePiecesInFlightArriveInOrder() throws Exception {
    byte[] many = new byte[8 << 20];
    for (int i = 0; i < many.length; i++) {
      many[i] = (byte) ((i * 31) >>> 3);
    }
    Thread sender =
        Thread.startVirtualThread(
            () -> {
              try {
                client.getOutputStream().write(many);
              } catch (IOException e) {
                throw new AssertionError(e);
              }
            });

    byte[] got = receive(server, many.length);

    sender.join();
    assertThat(got).isEqualTo(many);
  }

  private static void send(Socket socket, int... bytes) throws IOException {
    for (int value : bytes) {
      socket.getOutputStream().write(value);
    }
  }

  private static byte[] receive(Socket socket, int count) throws IOException {
    socket.setSoTimeout(10_000);
    return socket.getInputStream().readNBytes(count);
  }

  private static void assertSilent(Socket socket) throws IOException {
    socket.setSoTimeout(SILENCE_MILLIS);
    assertThatThrownBy(() -> socket.getInputStream().read())
        .isInstanceOf(SocketTimeoutException.class);
  }
}
