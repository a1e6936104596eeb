package dengine.client;

import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/// A thread of Netty's, which also carries the connections.
final class NettyLoop implements ClientLoop {

  private static final long CLOSE_MILLIS = 1000;

  /// Answers may be large: a page of a scan.
  private static final int MAX_RESPONSE_BYTES = 64 << 20;

  private final Duration connectTimeout;
  private final EventLoopGroup group;
  private final EventLoop loop;

  NettyLoop(Duration connectTimeout) {
    this.connectTimeout = connectTimeout;
    this.group =
        new MultiThreadIoEventLoopGroup(
            1, new DefaultThreadFactory("dengine-client", true), NioIoHandler.newFactory());
    this.loop = group.next();
  }

  @Override
  public boolean runsHere() {
    return loop.inEventLoop();
  }

  @Override
  public void execute(Runnable step) {
    loop.execute(step);
  }

  @Override
  public Future<?> schedule(Runnable step, long delayNanos) {
    return loop.schedule(step, Math.max(0, delayNanos), TimeUnit.NANOSECONDS);
  }

  @Override
  public Future<?> scheduleAtFixedRate(Runnable step, long periodNanos) {
    return loop.scheduleAtFixedRate(step, periodNanos, periodNanos, TimeUnit.NANOSECONDS);
  }

  @Override
  public long nanoTime() {
    return System.nanoTime();
  }

  @Override
  public long random(long bound) {
    return ThreadLocalRandom.current().nextLong(bound);
  }

  @Override
  public void dial(
      String address, int attempt, Consumer<ManagedChannel> dialled, Consumer<String> failed) {
    NameLookup.start(address, attempt, found -> dialled.accept(channel(found)), failed);
  }

  private ManagedChannel channel(InetSocketAddress target) {
    return NettyChannelBuilder.forAddress(target)
        .channelType(NioSocketChannel.class)
        .eventLoopGroup(loop)
        .directExecutor()
        .usePlaintext()
        .disableRetry()
        .keepAliveTime(10, TimeUnit.SECONDS)
        .keepAliveTimeout(5, TimeUnit.SECONDS)
        .withOption(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int) connectTimeout.toMillis())
        .maxInboundMessageSize(MAX_RESPONSE_BYTES)
        .build();
  }

  @Override
  public void close() {
    // Nobody waits for it: the thread is a daemon and ends within the grace time.
    Future<?> unused = group.shutdownGracefully(0, CLOSE_MILLIS, TimeUnit.MILLISECONDS);
  }
}
