package dengine.grpc;

import dengine.engine.spi.Transport.Receiver;
import dengine.raft.Message;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/// The incoming side of the peer protocol: checks who connects, hands over what arrives. The sender
/// of a message is the one that the handshake of its connection named, whatever the message says.
///
/// Each call is served by one event loop; the receiver is set once.
final class PeerService implements ServerCallHandler<byte[], byte[]> {

  private final TransportOptions options;
  private final RareLog log;
  private final IntConsumer peerArrived;
  private final Set<Incoming> open = ConcurrentHashMap.newKeySet();
  private volatile @Nullable Receiver receiver;
  private volatile boolean closed;

  /// @param peerArrived told the id of a peer whose connection was accepted
  PeerService(TransportOptions options, RareLog log, IntConsumer peerArrived) {
    this.options = options;
    this.log = log;
    this.peerArrived = peerArrived;
  }

  ServerServiceDefinition definition() {
    return ServerServiceDefinition.builder("dengine.v1.Peer")
        .addMethod(Handshake.LINK, this)
        .build();
  }

  void start(Receiver messages) {
    receiver = messages;
  }

  /// Ends all connections and takes no more.
  void close() {
    closed = true;
    for (Incoming incoming : open) {
      incoming.end(stopping());
    }
  }

  @Override
  public ServerCall.Listener<byte[]> startCall(ServerCall<byte[], byte[]> call, Metadata headers) {
    Handshake handshake = Handshake.of(headers);
    if (handshake == null) {
      return refuse(
          call, "strangers", Status.FAILED_PRECONDITION.withDescription("no valid handshake"));
    }
    Status verdict = handshake.check(options.clusterId(), options.nodeId());
    if (!verdict.isOk()) {
      return refuse(call, "node " + handshake.from(), verdict);
    }
    Receiver messages = receiver;
    if (messages == null) {
      call.close(
          Status.UNAVAILABLE.withDescription("node " + options.nodeId() + " is starting"),
          new Metadata());
      return new ServerCall.Listener<>() {};
    }
    Incoming incoming = new Incoming(call, handshake.from(), messages);
    incoming.begin();
    peerArrived.accept(handshake.from());
    return incoming;
  }

  private Status stopping() {
    return Status.UNAVAILABLE.withDescription(Outage.stopping(options.nodeId()));
  }

  private ServerCall.Listener<byte[]> refuse(
      ServerCall<byte[], byte[]> call, String who, Status status) {
    log.warn(
        "refused " + who,
        "refused a peer connection peer=\""
            + who
            + "\" reason=\""
            + status.getDescription()
            + "\"");
    call.close(status, new Metadata());
    return new ServerCall.Listener<>() {};
  }

  /// One accepted connection. Its call is used by its event loop and, once, by whoever closes the
  /// service; gRPC's calls take one thread at a time, hence the lock, which nobody ever waits for
  /// else.
  private final class Incoming extends ServerCall.Listener<byte[]> {
    private final ServerCall<byte[], byte[]> call;
    private final int from;
    private final Receiver messages;
    private boolean ended;

    Incoming(ServerCall<byte[], byte[]> call, int from, Receiver messages) {
      this.call = call;
      this.from = from;
      this.messages = messages;
    }

    synchronized void begin() {
      call.sendHeaders(new Metadata());
      call.request(1);
      open.add(this);
      if (closed) {
        end(stopping());
      }
    }

    synchronized void end(Status status) {
      if (!ended) {
        ended = true;
        open.remove(this);
        call.close(status, new Metadata());
      }
    }

    @Override
    public void onMessage(byte[] packet) {
      List<Message> received;
      try {
        received = PacketReader.read(packet);
      } catch (MalformedPacketException e) {
        log.warn(
            "malformed " + from,
            "dropped a malformed packet peer=" + from + " reason=\"" + e.getMessage() + "\"");
        end(Status.DATA_LOSS.withDescription("malformed packet: " + e.getMessage()));
        return;
      }
      for (Message message : received) {
        messages.received(from, message);
      }
      next(PacketReader.asksForEcho(packet));
    }

    private synchronized void next(boolean echo) {
      if (ended) {
        return;
      }
      if (echo) {
        call.sendMessage(PeerCodec.encode(List.of(), 0, false));
      }
      call.request(1);
    }

    @Override
    public void onHalfClose() {
      end(Status.OK);
    }

    @Override
    public synchronized void onCancel() {
      ended = true;
      open.remove(this);
    }
  }
}
