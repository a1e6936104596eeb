package dengine.testkit.chaos;

import dengine.api.ClosedException;
import dengine.api.ClusterUnavailableException;
import dengine.api.CompactedException;
import dengine.api.WatchEvent;
import dengine.api.WatchEvent.Reason;
import dengine.api.WatchOptions;
import dengine.proto.client.RaftClientServiceGrpc;
import dengine.proto.v1.WatchesGrpc;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.netty.NettyChannelBuilder;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// A watch at one server over a connection of its own, as an application has it that knows the
/// protocol and not our client.
final class ServerFeed implements Feed {

  /// Longest time until it has begun.
  private static final Duration BEGINNING = Duration.ofSeconds(2);

  /// Messages that may be on their way or wait here.
  private static final int AHEAD = 64;

  /// Bytes that may be on their way to somebody who reads slowly.
  private static final int NARROW = 1_024;

  /// What came of the call; not more messages than were asked for.
  sealed interface Heard {

    /// The watch has begun.
    ///
    /// @param revision if it says where
    record Begun(OptionalLong revision) implements Heard {}

    record Told(WatchEvent event) implements Heard {}

    /// A message that the protocol does not know.
    record Strange(String message) implements Heard {}

    record Over(Status status) implements Heard {}
  }

  /// How a service says things.
  interface Form<R> {

    /// Whether the headers say that a watch has begun; otherwise its first message does.
    boolean beginsWithHeaders();

    Heard read(R message);
  }

  private final ManagedChannel channel;
  private final ClientCall<?, ?> call;
  private final BlockingQueue<Heard> heard;
  private final OptionalLong revision;

  private ServerFeed(
      ManagedChannel channel,
      ClientCall<?, ?> call,
      BlockingQueue<Heard> heard,
      OptionalLong revision) {
    this.channel = channel;
    this.call = call;
    this.heard = heard;
    this.revision = revision;
  }

  /// Begins a watch at a server, `host:port`. Fails as [dengine.api.Client#watch] does.
  static Feed open(String endpoint, Manner manner, WatchOptions options) {
    ManagedChannel channel = channel(endpoint, manner.isSlow());
    int ahead = manner.isSlow() ? 1 : AHEAD;
    Subject what = manner.what();
    try {
      return switch (manner.wire()) {
        case OWN ->
            begin(
                channel,
                ahead,
                options,
                WatchesGrpc.getWatchMethod(),
                OwnForm.request(what, options),
                new OwnForm());
        case ORIGINAL ->
            begin(
                channel,
                ahead,
                options,
                RaftClientServiceGrpc.getWatchMethod(),
                OriginalForm.request(what, options),
                new OriginalForm());
        case CLIENT -> throw new IllegalArgumentException("a client is not at one server");
      };
    } catch (RuntimeException failure) {
      channel.shutdownNow();
      throw failure;
    }
  }

  private static ManagedChannel channel(String endpoint, boolean narrow) {
    int colon = endpoint.lastIndexOf(':');
    NettyChannelBuilder builder =
        NettyChannelBuilder.forAddress(
                new InetSocketAddress(
                    endpoint.substring(0, colon),
                    Integer.parseInt(endpoint, colon + 1, endpoint.length(), 10)))
            .usePlaintext();
    return (narrow ? builder.flowControlWindow(NARROW) : builder).build();
  }

  private static <Q, R> Feed begin(
      ManagedChannel channel,
      int ahead,
      WatchOptions options,
      MethodDescriptor<Q, R> method,
      Q request,
      Form<R> form) {
    BlockingQueue<Heard> heard = new LinkedBlockingQueue<>();
    ClientCall<Q, R> call = channel.newCall(method, CallOptions.DEFAULT);
    call.start(new Listener<>(form, heard), new Metadata());
    call.request(ahead);
    call.sendMessage(request);
    call.halfClose();
    return switch (take(heard, BEGINNING)) {
      case Heard.Begun(OptionalLong revision) -> {
        if (!form.beginsWithHeaders()) {
          call.request(1);
        }
        yield new ServerFeed(channel, call, heard, revision);
      }
      case Heard.Told(WatchEvent.Canceled end) when end.reason() == Reason.COMPACTED ->
          throw new CompactedException(options.fromRevision(), end.oldest());
      case Heard.Over over -> throw broken(over.status());
      case null ->
          throw new ClusterUnavailableException("it did not begin the watch within " + BEGINNING);
      case Heard other -> throw new IllegalStateException("before it had begun: " + other);
    };
  }

  private static @Nullable Heard take(BlockingQueue<Heard> heard, Duration timeout) {
    try {
      return heard.poll(timeout.toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ClusterUnavailableException("interrupted while waiting for an event", e);
    }
  }

  private static ClusterUnavailableException broken(Status status) {
    return new ClusterUnavailableException("the watch broke: " + status);
  }

  @Override
  public OptionalLong revision() {
    return revision;
  }

  @Override
  public Optional<WatchEvent> poll(Duration timeout) {
    return switch (take(heard, timeout)) {
      case Heard.Told(WatchEvent event) -> {
        call.request(1);
        yield Optional.of(event);
      }
      case Heard.Over(Status status) -> {
        heard.add(new Heard.Over(status)); // whoever asks again is told again
        throw status.isOk() ? new ClosedException("the watch") : broken(status);
      }
      case null -> Optional.empty();
      case Heard other -> throw new IllegalStateException("instead of an event: " + other);
    };
  }

  @Override
  public void close() {
    call.cancel("whoever watched has left", null);
    channel.shutdownNow();
  }

  private static final class Listener<R> extends ClientCall.Listener<R> {

    private final Form<R> form;
    private final BlockingQueue<Heard> heard;

    Listener(Form<R> form, BlockingQueue<Heard> heard) {
      this.form = form;
      this.heard = heard;
    }

    @Override
    public void onHeaders(Metadata headers) {
      if (form.beginsWithHeaders()) {
        heard.add(new Heard.Begun(OptionalLong.empty()));
      }
    }

    @Override
    public void onMessage(R message) {
      heard.add(form.read(message));
    }

    @Override
    public void onClose(Status status, Metadata trailers) {
      heard.add(new Heard.Over(status));
    }
  }
}
