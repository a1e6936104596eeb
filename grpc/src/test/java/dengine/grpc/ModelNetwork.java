package dengine.grpc;

import dengine.engine.spi.Transport.Receiver;
import dengine.interleaving.SerialLoop;
import dengine.interleaving.Together;
import dengine.raft.Message;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// A network for the model checker: one event loop, connections that only remember, to peers that
/// accept at once. Plain fields on purpose: they are right only if nobody but the loop, or whoever
/// waited for it, comes near.
final class ModelNetwork implements Connection.Connector, Receiver, Links.Maker {

  final Together threads = new Together();
  final SerialLoop loop = new SerialLoop(threads);

  /// Where the last connection went.
  String target = "";

  /// Connections opened and not closed.
  int open;

  /// Times somebody was told of a loss.
  int losses;

  /// Whether connections take packets.
  boolean writable = true;

  /// What was sent, as it is read at the other end.
  final List<Message> sent = new ArrayList<>();

  private ModelConnection last;
  private final TransportOptions options;
  private final RareLog log = new RareLog(new SilentLogger());

  ModelNetwork(TransportOptions options) {
    this.options = options;
  }

  /// The connection takes packets again, and has taken those that waited.
  void read() {
    writable = true;
    loop.execute(() -> last.owner.ready(last));
    threads.await();
  }

  /// The connection breaks.
  void fail() {
    loop.execute(() -> last.owner.lost(last, "it broke"));
  }

  @Override
  public PeerLink link(int id, Supplier<@Nullable String> address, Receiver receiver) {
    return new PeerLink(id, address, options, loop, this, receiver, log);
  }

  @Override
  public Connection to(String address, Connection.Owner owner) {
    target = address;
    last = new ModelConnection(owner);
    return last;
  }

  @Override
  public void received(int from, Message message) {
    throw new AssertionError("nobody sends here");
  }

  @Override
  public void unreachable(int peer) {
    losses++;
  }

  /// One end of a connection.
  final class ModelConnection implements Connection {
    private final Owner owner;
    private boolean closed;

    ModelConnection(Owner owner) {
      this.owner = owner;
    }

    @Override
    public void open(int attempt) {
      open++;
      loop.execute(() -> owner.ready(this));
    }

    @Override
    public boolean canSend() {
      return writable && !closed;
    }

    @Override
    public void send(byte[] packet) {
      try {
        sent.addAll(PacketReader.read(packet));
      } catch (MalformedPacketException e) {
        throw new AssertionError(e);
      }
    }

    @Override
    public void tick() {}

    @Override
    public void close() {
      if (closed) {
        throw new AssertionError("closed twice");
      }
      closed = true;
      open--;
    }

    @Override
    public boolean awaitClosed(long millis) {
      return closed;
    }
  }
}
