package dengine.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dengine.api.Bytes;
import dengine.api.InvalidRequestException;
import dengine.api.RateLimitedException;
import dengine.api.WatchEvent;
import dengine.api.WatchEvent.Reason;
import dengine.api.WatchOptions;
import dengine.proto.client.RaftClientServiceGrpc;
import dengine.proto.client.WatchEventType;
import dengine.proto.client.WatchRequest;
import dengine.proto.client.WatchResponse;
import dengine.proto.error.ErrorCode;
import dengine.proto.v1.WatchKeysRequest;
import dengine.proto.v1.WatchesGrpc;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.Iterator;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// The watches of one server, as clients of the original and strangers see them.
@Timeout(60)
final class WatchServiceTest {

  private static final Bytes KEY = Bytes.of("/k");
  private static final Bytes VALUE = Bytes.of("v");
  private static final Bytes BEFORE = Bytes.of("before");

  private Served served;

  @BeforeEach
  void serve() throws Exception {
    served = new Served(ServiceOptions.DEFAULT);
  }

  @AfterEach
  void stop() {
    served.close();
  }

  private Iterator<WatchResponse> watch(boolean prefix, boolean previous) {
    return RaftClientServiceGrpc.newBlockingStub(served.channel)
        .watch(
            WatchRequest.newBuilder()
                .setKey(ByteString.copyFromUtf8("/k"))
                .setPrefix(prefix)
                .setPrevKv(previous)
                .build());
  }

  private FakeStore.Watched watched() throws InterruptedException {
    FakeStore.Watched watched = served.store.watches.poll(20, TimeUnit.SECONDS);
    assertThat(watched).isNotNull();
    return watched;
  }

  @Test
  void aConnectionKeepsRoomForOtherCallsThanWatches() throws Exception {
    int most = TransportOptions.of("", 7, 1).maxCallsPerConnection() / 2;
    for (int i = 0; i < most; i++) {
      watch(true, false);
    }
    for (int i = 0; i < most; i++) {
      watched();
    }

    Iterator<WatchResponse> refused = watch(true, false);

    assertThatThrownBy(refused::hasNext)
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            problem ->
                assertThat(problem.getStatus().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED))
        .hasMessageContaining("watches as it may: " + most)
        .hasMessageContaining("another connection");
  }

  @Test
  void clientsOfTheOriginalGetTheirEvents() throws Exception {
    Iterator<WatchResponse> told = watch(true, true);
    FakeStore.Watched watched = watched();
    assertThat(watched.key).isEqualTo(KEY);
    assertThat(watched.prefix).isTrue();
    assertThat(watched.options).isEqualTo(WatchOptions.DEFAULT.withPreviousValues());
    watched.events.offer(new WatchEvent.Put(7, KEY, VALUE, Optional.of(BEFORE)));
    watched.events.offer(new WatchEvent.Delete(8, KEY, Optional.empty(), true));
    watched.events.offer(new WatchEvent.Progress(9));
    watched.events.cancel(new WatchEvent.Canceled(10, Reason.BUFFER_OVERFLOW, 5, "too slow"));

    assertThat(told.next())
        .isEqualTo(
            WatchResponse.newBuilder()
                .setEventType(WatchEventType.WATCH_EVENT_TYPE_PUT)
                .setRevision(7)
                .setKey(ByteString.copyFromUtf8("/k"))
                .setValue(ByteString.copyFromUtf8("v"))
                .setPrevValue(ByteString.copyFromUtf8("before"))
                .build());
    WatchResponse removed = told.next();
    assertThat(removed.getEventType()).isEqualTo(WatchEventType.WATCH_EVENT_TYPE_DELETE);
    assertThat(removed.getExpired()).isTrue();
    assertThat(removed.getValue()).isEmpty();
    WatchResponse progress = told.next();
    assertThat(progress.getEventType()).isEqualTo(WatchEventType.WATCH_EVENT_TYPE_PROGRESS);
    assertThat(progress.getRevision()).isEqualTo(9);
    WatchResponse last = told.next();
    assertThat(last.getEventType()).isEqualTo(WatchEventType.WATCH_EVENT_TYPE_CANCELED);
    assertThat(last.getError()).isEqualTo(ErrorCode.WATCH_BUFFER_OVERFLOW);
    assertThat(told.hasNext()).isFalse();
  }

  @Test
  void headersSayThatTheWatchHasBegunBeforeThereIsAnEvent() throws Exception {
    CompletableFuture<Boolean> begun = new CompletableFuture<>();
    ClientCall<WatchRequest, WatchResponse> call =
        served.channel.newCall(RaftClientServiceGrpc.getWatchMethod(), CallOptions.DEFAULT);
    call.start(
        new ClientCall.Listener<>() {
          @Override
          public void onHeaders(Metadata headers) {
            begun.complete(!served.store.watches.isEmpty());
          }
        },
        new Metadata());
    call.request(1);
    call.sendMessage(WatchRequest.newBuilder().setKey(ByteString.copyFromUtf8("/k")).build());
    call.halfClose();

    assertThat(begun.get(20, TimeUnit.SECONDS)).isTrue();
    call.cancel("enough", null);
  }

  @Test
  void aCallerWhoGoesAwayIsForgotten() throws Exception {
    var _ = watch(false, false);
    FakeStore.Watched watched = watched();

    served.channel.shutdownNow();

    assertThat(watched.closed.get(20, TimeUnit.SECONDS)).isNull();
  }

  @Test
  void whatIsRefusedIsAStatus() {
    served.store.failure = new InvalidRequestException("prefix", "k", "what begins with /");
    assertThat(code(watch(true, false))).isEqualTo(Status.Code.INVALID_ARGUMENT);
    served.store.failure = new RateLimitedException("max_watcher_count", Duration.ofSeconds(1));
    assertThat(code(watch(true, false))).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
  }

  @Test
  void aServerThatStopsEndsWatchesAsUnavailable() throws Exception {
    Iterator<WatchResponse> told = watch(false, false);
    FakeStore.Watched watched = watched();

    served.services.close();

    assertThat(code(told)).isEqualTo(Status.Code.UNAVAILABLE);
    assertThat(watched.closed.get(20, TimeUnit.SECONDS)).isNull();
    assertThat(code(watch(false, false))).isEqualTo(Status.Code.UNAVAILABLE);
  }

  @Test
  void anEngineThatStopsEndsWatchesAsUnavailable() throws Exception {
    Iterator<WatchResponse> told = watch(false, false);
    FakeStore.Watched watched = watched();
    watched.events.offer(new WatchEvent.Put(7, KEY, VALUE, Optional.empty()));
    watched.events.cancel(new WatchEvent.Canceled(7, Reason.STOPPED, 1, "the node stopped"));

    assertThat(told.next().getRevision()).isEqualTo(7);
    assertThat(code(told)).isEqualTo(Status.Code.UNAVAILABLE);
  }

  @Test
  void whoReadsNothingEndsHisOwnWatchAndNothingElse() throws Exception {
    ClientCall<WatchKeysRequest, dengine.proto.v1.WatchKeysResponse> idle =
        served.channel.newCall(WatchesGrpc.getWatchMethod(), CallOptions.DEFAULT);
    idle.start(new ClientCall.Listener<>() {}, new Metadata());
    idle.request(1);
    idle.sendMessage(WatchKeysRequest.newBuilder().setBufferSize(10).build());
    idle.halfClose();
    FakeStore.Watched watched = watched();
    WatchEvent large = new WatchEvent.Put(1, KEY, Bytes.wrap(new byte[100_000]), Optional.empty());

    int sent = 0;
    while (watched.events.offer(large)) {
      sent++;
      assertThat(sent).isLessThan(10_000);
    }

    assertThat(sent).isGreaterThanOrEqualTo(10);
    idle.cancel("enough", null);
  }

  private static Status.Code code(Iterator<?> told) {
    try {
      while (told.hasNext()) {
        told.next();
      }
    } catch (StatusRuntimeException e) {
      return e.getStatus().getCode();
    }
    return Status.Code.OK;
  }
}
