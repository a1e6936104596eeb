package dengine.bench;

import dengine.api.Bytes;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/// A follower of the bare data path, one thread: read what is there, verify, append, sync,
/// acknowledge the last frame, apply. Ends with its connection.
final class BareFollowerMain {

  private static final int BUFFER_BYTES = 8 << 20;

  private BareFollowerMain() {}

  public static void main(String[] args) throws IOException {
    boolean sync = Boolean.parseBoolean(args[1]);
    Map<Bytes, byte[]> map = new ConcurrentHashMap<>();
    try (BareLog log = new BareLog(Path.of(args[0]), sync);
        ServerSocketChannel server = ServerSocketChannel.open()) {
      server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
      if (!(server.getLocalAddress() instanceof InetSocketAddress address)) {
        throw new IOException("no port");
      }
      System.out.println(address.getPort());
      try (SocketChannel leader = server.accept()) {
        leader.setOption(StandardSocketOptions.TCP_NODELAY, true);
        follow(leader, log, map);
      }
    }
  }

  private static void follow(SocketChannel leader, BareLog log, Map<Bytes, byte[]> map)
      throws IOException {
    ByteBuffer in = ByteBuffer.allocateDirect(BUFFER_BYTES);
    ByteBuffer ack = ByteBuffer.allocateDirect(Long.BYTES);
    while (leader.read(in) >= 0) {
      int complete = complete(in);
      if (complete == 0) {
        continue;
      }
      long last = verify(in, complete);
      log.append(List.of(in.duplicate().flip().limit(complete)));
      ack.clear().putLong(last).flip();
      leader.write(ack);
      for (int at = 0; at < complete; at += in.getInt(at)) {
        BareFrame.apply(in, at, map);
      }
      in.flip().position(complete);
      in.compact();
    }
  }

  /// Bytes of the whole frames at the beginning.
  private static int complete(ByteBuffer in) {
    int at = 0;
    while (in.position() - at >= BareFrame.HEADER_BYTES && in.getInt(at) <= in.position() - at) {
      at += in.getInt(at);
    }
    return at;
  }

  private static long verify(ByteBuffer in, int complete) throws IOException {
    long last = 0;
    for (int at = 0; at < complete; at += in.getInt(at)) {
      if (!BareFrame.verifies(in, at, in.getInt(at))) {
        throw new IOException("a damaged frame");
      }
      last = BareFrame.sequence(in, at);
    }
    return last;
  }
}
