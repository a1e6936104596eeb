package dengine.bench;

import dengine.api.Bytes;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/// The yardstick: a log, replication to so many followers in processes of their own, and a map.
/// It cannot lose its leader, and could not survive it.
final class BareDataPath implements AutoCloseable {

  private final Path dir;
  private final BareLog log;
  private final BareLeader leader;
  private final List<SocketChannel> sockets = new ArrayList<>();
  private final List<Child> children = new ArrayList<>();

  private BareDataPath(Options options, int nodes, boolean sync) throws IOException {
    dir = Files.createTempDirectory(options.dir(), "bare");
    log = new BareLog(dir.resolve("1"), sync);
    for (int id = 2; id <= nodes; id++) {
      Child child =
          Child.start(
              List.of("-Xmx2g"),
              BareFollowerMain.class,
              List.of(dir.resolve(Integer.toString(id)).toString(), Boolean.toString(sync)));
      children.add(child);
      SocketChannel socket =
          SocketChannel.open(
              new InetSocketAddress(
                  InetAddress.getLoopbackAddress(), Integer.parseInt(child.line())));
      socket.setOption(StandardSocketOptions.TCP_NODELAY, true);
      sockets.add(socket);
    }
    leader = new BareLeader(log, sockets);
    leader.start();
  }

  static BareDataPath start(Options options, int nodes, boolean sync) throws IOException {
    return new BareDataPath(options, nodes, sync);
  }

  Side.Load blockingWrites(Options options, int callers) {
    Bytes[] keys = Payload.keys(options.keys());
    Callers.Blocking put =
        key -> {
          BareRequest request = new BareRequest(keys[key], Payload.VALUE, null);
          leader.write(request);
          request.await();
        };
    return callers == 1
        ? Callers.platform(1, keys.length, put)
        : Callers.virtual(callers, keys.length, put);
  }

  Side.Load asyncWrites(Options options, int inFlight) {
    Bytes[] keys = Payload.keys(options.keys());
    return Callers.async(
        inFlight,
        keys.length,
        (key, done) ->
            leader.write(new BareRequest(keys[key], Payload.VALUE, () -> done.accept(null, null))));
  }

  Side.Load blockingReads(Options options, int callers) {
    Bytes[] keys = Payload.keys(options.keys());
    return Callers.virtual(
        callers,
        keys.length,
        key -> {
          BareRequest request = new BareRequest(keys[key], Bytes.EMPTY, null);
          leader.read(request);
          request.await();
          leader.get(keys[key]);
        });
  }

  Side.Load asyncReads(Options options, int inFlight) {
    Bytes[] keys = Payload.keys(options.keys());
    return Callers.async(
        inFlight,
        keys.length,
        (key, done) ->
            leader.read(
                new BareRequest(
                    keys[key], Bytes.EMPTY, () -> done.accept(leader.get(keys[key]), null))));
  }

  /// Processor time of the followers' processes so far.
  Duration followersCpu() {
    return children.stream().map(Child::cpu).reduce(Duration.ZERO, Duration::plus);
  }

  @Override
  public void close() throws IOException {
    leader.close();
    for (SocketChannel socket : sockets) {
      socket.close();
    }
    for (Child child : children) {
      child.close();
    }
    log.close();
    Cluster.delete(dir);
  }
}
