package dengine.bench;

import com.google.protobuf.ByteString;
import dengine.api.AsyncClient;
import dengine.api.Bytes;
import dengine.api.ReadPolicy;
import dengine.bench.Cluster.Durability;
import dengine.client.GrpcClient;
import dengine.proto.client.ReadConsistencyPolicy;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;

/// P10, P11: clients over the network. Every node is a process of its own, and so is the
/// client; unary calls of one connection are compared with an empty call, the session stream
/// with unary calls and with a stream that echoes.
final class OverGrpc {

  private static final int IN_FLIGHT = 100;
  private static final ReadConsistencyPolicy LINEARIZABLE =
      ReadConsistencyPolicy.READ_CONSISTENCY_POLICY_LINEARIZABLE_READ;
  private static final ReadConsistencyPolicy LEASE =
      ReadConsistencyPolicy.READ_CONSISTENCY_POLICY_LEASE_READ;

  private OverGrpc() {}

  static void run(Options options, Report report) throws Exception {
    ByteString[] keys = Calls.keys(options.keys());
    try (Remote disk = new Remote(options, Durability.DISK);
        Remote memory = new Remote(options, Durability.PAGE_CACHE)) {
      Calls calls = new Calls(memory.channel, keys);
      Streams streams = new Streams(memory.channel, keys);
      List<Side> sides = new ArrayList<>();
      Supplier<Duration> cpu = memory::cpu;
      sides.add(new Side("empty unary echo", calls.echo(IN_FLIGHT), cpu));
      sides.add(
          new Side(
              "unary put, durable",
              disk.led(new Calls(disk.channel, keys).puts(IN_FLIGHT)),
              disk::cpu));
      sides.add(new Side("unary put, page cache", memory.led(calls.puts(IN_FLIGHT)), cpu));
      sides.add(
          new Side("unary linearizable", memory.led(calls.gets(IN_FLIGHT, LINEARIZABLE)), cpu));
      sides.add(new Side("unary lease", memory.led(calls.gets(IN_FLIGHT, LEASE)), cpu));
      sides.add(new Side("stream echo", streams.echo(IN_FLIGHT), cpu));
      sides.add(
          new Side(
              "stream put, durable",
              disk.led(new Streams(disk.channel, keys).puts(IN_FLIGHT)),
              disk::cpu));
      sides.add(new Side("stream put, page cache", memory.led(streams.puts(IN_FLIGHT)), cpu));
      sides.add(
          new Side("stream linearizable", memory.led(streams.gets(IN_FLIGHT, LINEARIZABLE)), cpu));
      sides.add(new Side("stream lease", memory.led(streams.gets(IN_FLIGHT, LEASE)), cpu));
      clients(options, sides, memory, disk, IN_FLIGHT, "");
      Slots slots = Slots.measure(options, sides);
      judge(report, slots);
      report.absolute("gRPC, 100 in flight", slots);
      report.absolute("gRPC", others(options, memory, disk, keys));
    }
  }

  /// The same by `GrpcClient`, as an application would.
  private static void clients(
      Options options, List<Side> sides, Remote memory, Remote disk, int inFlight, String suffix) {
    Bytes[] keys = Payload.keys(options.keys());
    AsyncClient client = memory.client.async();
    sides.add(
        new Side(
            "GrpcClient put, durable" + suffix,
            disk.led(Writes.async(disk.client, options, inFlight)),
            disk::cpu));
    sides.add(
        new Side(
            "GrpcClient put, page cache" + suffix,
            memory.led(Writes.async(memory.client, options, inFlight)),
            memory::cpu));
    for (ReadPolicy policy : List.of(ReadPolicy.LINEARIZABLE, ReadPolicy.LEASE)) {
      sides.add(
          new Side(
              "GrpcClient " + policy.name().toLowerCase(Locale.ROOT) + suffix,
              memory.led(
                  Callers.futures(inFlight, keys.length, key -> client.get(keys[key], policy))),
              memory::cpu));
    }
  }

  /// One and a thousand in flight.
  private static Slots others(Options options, Remote memory, Remote disk, ByteString[] keys)
      throws Exception {
    List<Side> sides = new ArrayList<>();
    for (int inFlight : new int[] {1, 1000}) {
      String suffix = ", " + inFlight + " in flight";
      Calls calls = new Calls(memory.channel, keys);
      Streams streams = new Streams(memory.channel, keys);
      Side.Load durableCalls = new Calls(disk.channel, keys).puts(inFlight);
      Side.Load durableStream = new Streams(disk.channel, keys).puts(inFlight);
      sides.add(new Side("unary put, durable" + suffix, disk.led(durableCalls), disk::cpu));
      sides.add(new Side("stream put, durable" + suffix, disk.led(durableStream), disk::cpu));
      sides.add(
          new Side(
              "unary put, page cache" + suffix, memory.led(calls.puts(inFlight)), memory::cpu));
      sides.add(
          new Side(
              "stream put, page cache" + suffix, memory.led(streams.puts(inFlight)), memory::cpu));
      sides.add(
          new Side(
              "unary linearizable" + suffix,
              memory.led(calls.gets(inFlight, LINEARIZABLE)),
              memory::cpu));
      sides.add(
          new Side(
              "stream linearizable" + suffix,
              memory.led(streams.gets(inFlight, LINEARIZABLE)),
              memory::cpu));
      sides.add(
          new Side("unary lease" + suffix, memory.led(calls.gets(inFlight, LEASE)), memory::cpu));
      sides.add(
          new Side(
              "stream lease" + suffix, memory.led(streams.gets(inFlight, LEASE)), memory::cpu));
      clients(options, sides, memory, disk, inFlight, suffix);
    }
    return Slots.measure(options, sides);
  }

  private static void judge(Report report, Slots slots) {
    unary(report, slots, "unary put, durable", 0.35, "0.40");
    unary(report, slots, "unary put, page cache", 0.5, "0.56");
    unary(report, slots, "unary linearizable", 0.6, "0.66");
    unary(report, slots, "unary lease", 0.85, "1.0");
    for (String read : List.of("linearizable", "lease")) {
      report.atLeast(
          "P11: session stream vs unary, " + read + ", 100 in flight",
          slots,
          "stream " + read,
          "unary " + read,
          2.5,
          "2.7-2.8");
      report.atLeast(
          "P11: the same by GrpcClient",
          slots,
          "GrpcClient " + read,
          "unary " + read,
          2.5,
          "not measured");
    }
    report.atLeast(
        "P11: stream put, page cache, vs stream echo, 100 in flight",
        slots,
        "stream put, page cache",
        "stream echo",
        0.5,
        "0.6");
  }

  private static void unary(
      Report report, Slots slots, String what, double wanted, String prototype) {
    report.atLeast(
        "P10: " + what + " vs empty unary echo, 100 in flight",
        slots,
        what,
        "empty unary echo",
        wanted,
        prototype);
  }

  /// Three nodes in processes of their own, the first of them leading, and a connection to it.
  private static final class Remote implements AutoCloseable {
    private final Path dir;
    private final Child server;
    private final List<Child> followers = new ArrayList<>();
    private final MultiThreadIoEventLoopGroup loop =
        new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    private final ManagedChannel channel;
    private final GrpcClient client;

    Remote(Options options, Durability durability) throws Exception {
      dir = Files.createTempDirectory(options.dir(), "bench");
      String addresses = Cluster.freeAddresses(3);
      for (int id = 2; id <= 3; id++) {
        followers.add(NodeMain.start(id, addresses, dir, durability, options.election()));
      }
      server = ServerMain.start(addresses, dir, durability, options.election());
      channel =
          NettyChannelBuilder.forTarget("dns:///" + addresses.split(",", -1)[0])
              .channelType(NioSocketChannel.class)
              .eventLoopGroup(loop)
              .directExecutor()
              .usePlaintext()
              .disableServiceConfigLookUp()
              .build();
      client = GrpcClient.connect(addresses);
      Side.Load fill = new Streams(channel, Calls.keys(options.keys())).puts(1000);
      led(fill).run(options.warmUp());
    }

    Side.Load led(Side.Load load) {
      return time -> {
        for (int i = 0; !server.ask("leading?").equals("true"); i++) {
          if (i == 300) {
            throw new IOException("node 1 does not come to lead");
          }
          Thread.sleep(100);
          for (Child follower : followers) {
            follower.ask("yield");
          }
        }
        return load.run(time);
      };
    }

    Duration cpu() {
      return followers.stream().map(Child::cpu).reduce(server.cpu(), Duration::plus);
    }

    @Override
    public void close() throws IOException {
      client.close();
      channel.shutdownNow();
      io.netty.util.concurrent.Future<?> _ = loop.shutdownGracefully();
      server.close();
      for (Child follower : followers) {
        follower.close();
      }
      Cluster.delete(dir);
    }
  }
}
