package dengine.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dengine.grpc.RecordingReceiver.Arrival;
import dengine.raft.Entry;
import dengine.raft.Message;
import dengine.raft.Position;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.netty.NettyChannelBuilder;
import java.net.BindException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class GrpcTransportTest {

  private static final long CLUSTER = 7;

  private final List<AutoCloseable> opened = new ArrayList<>();

  @AfterEach
  void closeAll() throws Exception {
    for (AutoCloseable each : opened) {
      each.close();
    }
  }

  @Test
  void messagesArriveInTheOrderTheyWereSent() throws Exception {
    GrpcTransport one = listen(1, CLUSTER);
    GrpcTransport two = listen(2, CLUSTER);
    RecordingReceiver received = new RecordingReceiver();
    two.start(received);
    one.peer(2, two.address());
    one.start(new RecordingReceiver());

    for (int term = 1; term <= 5000; term++) {
      one.send(2, term % 100 == 0 ? large(term) : new Message.Outdated(term));
    }

    for (int term = 1; term <= 5000; term++) {
      Arrival arrival = received.next();
      assertThat(arrival.message().term()).isEqualTo(term);
      assertThat(arrival.from()).isEqualTo(1);
    }
  }

  @Test
  void aPeerThatIsForgottenIsNotConnectedToUntilItComesBack() throws Exception {
    GrpcTransport one = listen(1, CLUSTER);
    GrpcTransport two = listen(2, CLUSTER);
    RecordingReceiver received = new RecordingReceiver();
    two.start(received);
    one.start(new RecordingReceiver());
    one.peer(2, two.address());
    one.send(2, new Message.Outdated(1));
    assertThat(received.next().message().term()).isEqualTo(1);

    one.forget(2);
    one.send(2, new Message.Outdated(2));
    one.forget(2);
    one.forget(3);
    one.peer(2, two.address());
    one.send(2, new Message.Outdated(3));

    assertThat(received.next().message().term()).isEqualTo(3);
  }

  @Test
  void anAddressThatSaysNothingChangesNothing() throws Exception {
    GrpcTransport one = listen(1, CLUSTER);
    GrpcTransport two = listen(2, CLUSTER);
    RecordingReceiver received = new RecordingReceiver();
    two.start(received);
    one.start(new RecordingReceiver());
    one.peer(2, two.address());

    one.peer(2, "");
    one.peer(2, "no address");
    one.peer(3, "");
    one.send(2, new Message.Outdated(1));

    assertThat(received.next().message().term()).isEqualTo(1);
  }

  @Test
  void aNodeOfAnotherClusterIsRefused() throws Exception {
    GrpcTransport stranger = listen(1, CLUSTER + 1);
    GrpcTransport two = listen(2, CLUSTER);
    RecordingReceiver received = new RecordingReceiver();
    RecordingReceiver told = new RecordingReceiver();
    two.start(received);
    stranger.peer(2, two.address());
    stranger.start(told);
    stranger.send(2, new Message.Outdated(99));

    // Refused several times in a row: the sender goes on trying, and nothing gets through.
    for (int i = 0; i < 3; i++) {
      assertThat(told.nextLoss()).isEqualTo(2);
      stranger.send(2, new Message.Outdated(99));
    }
    assertThat(received.arrivals).isEmpty();
  }

  @Test
  void aMessageForAnotherNodeIsRefused() throws Exception {
    GrpcTransport one = listen(1, CLUSTER);
    GrpcTransport three = listen(3, CLUSTER);
    RecordingReceiver received = new RecordingReceiver();
    RecordingReceiver told = new RecordingReceiver();
    three.start(received);
    // Node 2 used to be at this address.
    one.peer(2, three.address());
    one.start(told);
    one.send(2, new Message.Outdated(99));

    assertThat(told.nextLoss()).isEqualTo(2);
    assertThat(received.arrivals).isEmpty();

    // The same two nodes, correctly addressed, do talk.
    one.peer(3, three.address());
    one.send(3, new Message.Outdated(100));
    assertThat(received.next()).isEqualTo(new Arrival(1, new Message.Outdated(100)));
  }

  @Test
  void handshakesThatDoNotFitAreRefusedWithTheReason() {
    assertThat(new Handshake(7, 1, 2, PeerCodec.VERSION).check(7, 2).isOk()).isTrue();
    assertThat(new Handshake(8, 1, 2, PeerCodec.VERSION).check(7, 2).getDescription())
        .contains("cluster id is 8", "cluster 7");
    assertThat(new Handshake(7, 1, 3, PeerCodec.VERSION).check(7, 2).getDescription())
        .contains("meant for node 3", "this is node 2");
    assertThat(new Handshake(7, 1, 2, 9).check(7, 2).getDescription())
        .contains("version is 9", "speaks 2");
    assertThat(new Handshake(7, 2, 2, PeerCodec.VERSION).check(7, 2).isOk()).isFalse();
    assertThat(new Handshake(7, 0, 2, PeerCodec.VERSION).check(7, 2).isOk()).isFalse();
  }

  @Test
  void aReturnedNodeIsReachedAgainWithinAboutASecond() throws Exception {
    GrpcTransport one = listen(1, CLUSTER);
    GrpcTransport two = listen(2, CLUSTER);
    RecordingReceiver told = new RecordingReceiver();
    RecordingReceiver before = new RecordingReceiver();
    two.start(before);
    one.peer(2, two.address());
    one.start(told);
    one.send(2, new Message.Outdated(1));
    before.next();
    String address = two.address();

    two.close();

    assertThat(told.nextLoss()).isEqualTo(2);
    for (int i = 0; i < 5; i++) {
      // Some failed attempts, so that the wait between them has grown.
      told.nextLoss();
    }
    GrpcTransport returned = listen(TransportOptions.of(address, CLUSTER, 2));
    RecordingReceiver after = new RecordingReceiver();
    long start = System.nanoTime();
    returned.start(after);
    while (after.arrivals.isEmpty()) {
      one.send(2, new Message.Outdated(2));
      Arrival arrival = after.arrivals.poll(20, TimeUnit.MILLISECONDS);
      if (arrival != null) {
        break;
      }
    }
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofMillis(2500));
  }

  @Test
  void aPeerThatDoesNotReadCostsABoundedNumberOfBytes() throws Exception {
    try (ServerSocket deaf = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
      RecordingReceiver told = new RecordingReceiver();
      GrpcTransport one =
          listen(
              TransportOptions.of("127.0.0.1:0", CLUSTER, 1)
                  .withMaxQueuedBytes(1 << 20)
                  .withTimeouts(Duration.ofSeconds(30), Duration.ofSeconds(30)));
      one.peer(2, "127.0.0.1:" + deaf.getLocalPort());
      one.start(told);

      for (int i = 1; i <= 40; i++) {
        one.send(2, large(i));
      }

      assertThat(told.nextLoss()).isEqualTo(2);
    }
  }

  @Test
  void aConnectionThatWentSilentIsGivenUp() throws Exception {
    GrpcTransport two = listen(2, CLUSTER);
    RecordingReceiver received = new RecordingReceiver();
    two.start(received);
    try (Wire wire = new Wire(two.port())) {
      RecordingReceiver told = new RecordingReceiver();
      GrpcTransport one =
          listen(
              TransportOptions.of("127.0.0.1:0", CLUSTER, 1)
                  .withTimeouts(Duration.ofMillis(500), Duration.ofMillis(500)));
      one.peer(2, "127.0.0.1:" + wire.port());
      one.start(told);
      while (received.arrivals.poll(50, TimeUnit.MILLISECONDS) == null) {
        one.send(2, new Message.Outdated(1));
      }
      told.losses.clear();

      wire.cut();

      assertThat(told.nextLoss()).isEqualTo(2);
      wire.mend();
      while (received.arrivals.poll(50, TimeUnit.MILLISECONDS) == null) {
        one.send(2, new Message.Outdated(2));
      }
    }
  }

  @Test
  void anAddressInUseIsSaidSo() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String address = "127.0.0.1:" + taken.getLocalPort();

      assertThatThrownBy(() -> GrpcTransport.listen(TransportOptions.of(address, CLUSTER, 1)))
          .isInstanceOf(BindException.class)
          .hasMessageContaining(address);
    }
  }

  @Test
  void garbageOnThePortDisturbsNobody() throws Exception {
    GrpcTransport one = listen(1, CLUSTER);
    GrpcTransport two = listen(2, CLUSTER);
    RecordingReceiver received = new RecordingReceiver();
    two.start(received);
    try (Socket stranger = new Socket(InetAddress.getLoopbackAddress(), two.port())) {
      stranger
          .getOutputStream()
          .write("GET / HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
      stranger.getOutputStream().flush();

      one.peer(2, two.address());
      one.start(new RecordingReceiver());
      one.send(2, new Message.Outdated(1));

      assertThat(received.next().message()).isEqualTo(new Message.Outdated(1));
    }
  }

  @Test
  void aStrangerWithoutHandshakeAndAMalformedPacketAreToldSo() throws Exception {
    GrpcTransport two = listen(2, CLUSTER);
    RecordingReceiver received = new RecordingReceiver();
    two.start(received);
    byte[] packet = PeerCodec.encode(List.of(new Message.Outdated(1)), 9, false);
    byte[] damaged = packet.clone();
    damaged[10] ^= 1;
    Metadata valid = new Handshake(CLUSTER, 1, 2, PeerCodec.VERSION).headers();

    assertThat(statusOf(two, new Metadata(), packet).getCode())
        .isEqualTo(Status.Code.FAILED_PRECONDITION);
    Status malformed = statusOf(two, valid, damaged);
    assertThat(malformed.getCode()).isEqualTo(Status.Code.DATA_LOSS);
    assertThat(malformed.getDescription()).contains("checksum");
    assertThat(received.arrivals).isEmpty();
  }

  /// How the node ends a link that begins with these headers and this packet.
  private Status statusOf(GrpcTransport node, Metadata headers, byte[] packet) throws Exception {
    ManagedChannel channel =
        NettyChannelBuilder.forTarget(node.address()).directExecutor().usePlaintext().build();
    opened.add(channel::shutdownNow);
    CompletableFuture<Status> ended = new CompletableFuture<>();
    ClientCall<byte[], byte[]> call = channel.newCall(Handshake.LINK, CallOptions.DEFAULT);
    call.start(
        new ClientCall.Listener<>() {
          @Override
          public void onClose(Status status, Metadata trailers) {
            ended.complete(status);
          }
        },
        headers);
    call.sendMessage(packet);
    return ended.get(10, TimeUnit.SECONDS);
  }

  private GrpcTransport listen(int id, long cluster) throws Exception {
    // Patient: a cold JVM on a busy machine may need more than a second for its first connection.
    return listen(
        TransportOptions.of("127.0.0.1:0", cluster, id)
            .withTimeouts(Duration.ofSeconds(10), Duration.ofSeconds(10)));
  }

  private GrpcTransport listen(TransportOptions options) throws Exception {
    GrpcTransport transport = GrpcTransport.listen(options);
    opened.add(transport);
    return transport;
  }

  private static Message large(long term) {
    Entry entry = new Entry(1, 1, 0, Entry.Kind.COMMAND, new byte[100_000]);
    return new Message.Replicate(term, 1, Position.ORIGIN, List.of(entry), 0, 0);
  }
}
