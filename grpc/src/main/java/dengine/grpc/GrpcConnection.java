package dengine.grpc;

import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.netty.NettyChannelBuilder;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// A stream of gRPC. Each has a channel of its own: gRPC's channels back off for up to two minutes
/// by themselves and remember resolved names, and a returned node is to be reached within about a
/// second.
///
/// Owned by one event loop.
final class GrpcConnection implements Connection {

  /// As much as is handed to gRPC before the queue waits.
  private static final int WINDOW_BYTES = 1 << 20;

  /// A tick later than this says that this process stood still, not the peer.
  private static final long STALL_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final String address;
  private final Handshake handshake;
  private final TransportOptions options;
  private final EventLoop loop;
  private final Owner owner;

  private volatile @Nullable ManagedChannel channel;
  private @Nullable ClientCall<byte[], byte[]> call;
  private boolean accepted;
  private volatile boolean closed;

  /// When the peer was last asked for a sign of life it has not given yet; 0 if it owes none.
  private long askedAt;

  private long tickedAt;

  GrpcConnection(
      String address, Handshake handshake, TransportOptions options, EventLoop loop, Owner owner) {
    this.address = address;
    this.handshake = handshake;
    this.options = options;
    this.loop = loop;
    this.owner = owner;
  }

  @Override
  public void open(int attempt) {
    long now = System.nanoTime();
    tickedAt = now;
    askedAt = now;
    NameLookup.start(
        address,
        attempt,
        found -> onLoop(() -> connect(found)),
        why -> onLoop(() -> owner.lost(this, why)));
  }

  private void connect(InetSocketAddress target) {
    if (closed) {
      return;
    }
    ManagedChannel fresh =
        NettyChannelBuilder.forAddress(target)
            .channelType(NioSocketChannel.class)
            .eventLoopGroup(loop)
            .directExecutor()
            .usePlaintext()
            // Peers are reached directly, whatever proxy the machine is configured with.
            .proxyDetector(host -> null)
            .disableRetry()
            .withOption(
                ChannelOption.CONNECT_TIMEOUT_MILLIS, (int) options.connectTimeout().toMillis())
            .maxInboundMessageSize(1024)
            .build();
    channel = fresh;
    ClientCall<byte[], byte[]> started =
        fresh.newCall(Handshake.LINK, CallOptions.DEFAULT.withOnReadyThreshold(WINDOW_BYTES));
    call = started;
    started.start(new Answers(), handshake.headers());
    started.request(1);
  }

  @Override
  public boolean canSend() {
    ClientCall<byte[], byte[]> present = call;
    return accepted && !closed && present != null && present.isReady();
  }

  @Override
  public void send(byte[] packet) {
    ClientCall<byte[], byte[]> present = call;
    if (present != null && !closed) {
      present.sendMessage(packet);
    }
  }

  /// A connection whose other end vanished without a word would otherwise look healthy until TCP
  /// gives up, after a quarter of an hour.
  @Override
  public void tick() {
    if (closed) {
      return;
    }
    long now = System.nanoTime();
    if (now - tickedAt > STALL_NANOS && askedAt != 0) {
      // The answer may be waiting in the socket.
      askedAt = now;
    }
    tickedAt = now;
    if (!accepted) {
      if (now - askedAt > options.connectTimeout().toNanos()) {
        owner.lost(this, "not accepted within " + options.connectTimeout().toMillis() + " ms");
      }
    } else if (askedAt == 0) {
      askedAt = now;
      send(PeerCodec.encode(List.of(), 0, true));
    } else if (now - askedAt > options.silenceTimeout().toNanos()) {
      owner.lost(this, "no sign of life for " + options.silenceTimeout().toMillis() + " ms");
    }
  }

  @Override
  public void close() {
    closed = true;
    ManagedChannel present = channel;
    if (present != null) {
      present.shutdownNow();
    }
  }

  @Override
  public boolean awaitClosed(long millis) throws InterruptedException {
    ManagedChannel present = channel;
    return present == null || present.awaitTermination(millis, TimeUnit.MILLISECONDS);
  }

  private void onLoop(Runnable step) {
    if (loop.inEventLoop()) {
      step.run();
    } else {
      try {
        loop.execute(step);
      } catch (RejectedExecutionException e) {
        // The transport was closed, and this connection with it: there is nobody left to tell.
        closed = true;
      }
    }
  }

  private final class Answers extends ClientCall.Listener<byte[]> {

    @Override
    public void onHeaders(Metadata headers) {
      onLoop(
          () -> {
            accepted = true;
            askedAt = 0;
            if (!closed) {
              owner.ready(GrpcConnection.this);
            }
          });
    }

    @Override
    public void onReady() {
      onLoop(
          () -> {
            if (accepted && !closed) {
              owner.ready(GrpcConnection.this);
            }
          });
    }

    @Override
    public void onMessage(byte[] echo) {
      onLoop(
          () -> {
            askedAt = 0;
            ClientCall<byte[], byte[]> present = call;
            if (present != null) {
              present.request(1);
            }
          });
    }

    @Override
    public void onClose(Status status, Metadata trailers) {
      onLoop(() -> owner.lost(GrpcConnection.this, PeerLink.reason(status)));
    }
  }
}
