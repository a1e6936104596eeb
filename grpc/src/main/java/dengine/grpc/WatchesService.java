package dengine.grpc;

import dengine.api.AsyncClient;
import dengine.api.Bytes;
import dengine.api.ClusterUnavailableException;
import dengine.api.InvalidRequestException;
import dengine.api.Leader;
import dengine.api.Watch;
import dengine.api.WatchEvent;
import dengine.api.WatchOptions;
import dengine.engine.spi.MetaStore;
import dengine.proto.v1.WatchKeysRequest;
import dengine.proto.v1.WatchKeysResponse;
import dengine.proto.v1.WatchKeysResponse.Begun;
import dengine.proto.v1.WatchKeysResponse.Canceled;
import dengine.proto.v1.WatchKeysResponse.Progress;
import dengine.proto.v1.WatchKeysResponse.Removed;
import dengine.proto.v1.WatchKeysResponse.Stored;
import dengine.proto.v1.WatchesGrpc.WatchesImplBase;
import io.grpc.stub.StreamObserver;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/// The watches that `GrpcClient` speaks.
final class WatchesService extends WatchesImplBase {

  private final Deadlines deadlines;
  private final WatchCalls calls;
  private final OwnEvents form;

  WatchesService(Deadlines deadlines, WatchCalls calls, MetaStore.Identity identity) {
    this.deadlines = deadlines;
    this.calls = calls;
    this.form = new OwnEvents(identity, deadlines);
  }

  @Override
  public void watch(WatchKeysRequest request, StreamObserver<WatchKeysResponse> caller) {
    AsyncClient client = deadlines.forCall();
    calls.watch(
        caller,
        () ->
            client
                .leader()
                .thenCompose(leader -> leader.isPresent() ? begin(client, request) : cutOff()),
        form);
  }

  /// Who has a choice must not end up with a node that has been cut off or taken out, and is told
  /// nothing.
  private static CompletableFuture<Watch> cutOff() {
    return CompletableFuture.failedFuture(
        new ClusterUnavailableException("this node knows no leader, and may be cut off"));
  }

  private static CompletableFuture<Watch> begin(AsyncClient client, WatchKeysRequest request) {
    if (request.getBufferSize() < 0) {
      throw new InvalidRequestException(
          "buffer size",
          Integer.toUnsignedString(request.getBufferSize()),
          "0 to " + WatchOptions.LARGEST_BUFFER);
    }
    WatchOptions options =
        new WatchOptions(
            request.getFromRevision(), request.getPreviousValues(), request.getBufferSize());
    Bytes key = Reads.bytes(request.getKey());
    return request.getPrefix() ? client.watchPrefix(key, options) : client.watch(key, options);
  }

  /// @param identity told in the first message
  /// @param deadlines knows whether there is a leader
  private record OwnEvents(MetaStore.Identity identity, Deadlines deadlines)
      implements WatchCalls.Form<WatchKeysResponse> {

    @Override
    public boolean isConnected() {
      CompletableFuture<Optional<Leader>> leader = deadlines.forMillis(0).leader();
      return !leader.isDone() || leader.isCompletedExceptionally() || leader.join().isPresent();
    }

    @Override
    public WatchKeysResponse begun(long revision) {
      return WatchKeysResponse.newBuilder()
          .setBegun(
              Begun.newBuilder()
                  .setRevision(revision)
                  .setClusterId(identity.clusterId())
                  .setNodeId(identity.nodeId()))
          .build();
    }

    @Override
    public WatchKeysResponse event(WatchEvent event) {
      WatchKeysResponse.Builder response = WatchKeysResponse.newBuilder();
      switch (event) {
        case WatchEvent.Put(long revision, Bytes key, Bytes value, Optional<Bytes> previous) -> {
          Stored.Builder stored =
              Stored.newBuilder()
                  .setRevision(revision)
                  .setKey(Reads.wire(key))
                  .setValue(Reads.wire(value));
          previous.ifPresent(before -> stored.setPrevious(Reads.wire(before)));
          response.setStored(stored);
        }
        case WatchEvent.Delete(
                long revision,
                Bytes key,
                Optional<Bytes> previous,
                boolean expired) -> {
          Removed.Builder removed =
              Removed.newBuilder()
                  .setRevision(revision)
                  .setKey(Reads.wire(key))
                  .setExpired(expired);
          previous.ifPresent(before -> removed.setPrevious(Reads.wire(before)));
          response.setRemoved(removed);
        }
        case WatchEvent.Progress(long revision) ->
            response.setProgress(Progress.newBuilder().setRevision(revision));
        case WatchEvent.Canceled last ->
            response.setCanceled(
                Canceled.newBuilder()
                    .setRevision(last.revision())
                    .setReason(reason(last.reason()))
                    .setOldestRevision(last.oldest())
                    .setMessage(last.message()));
      }
      return response.build();
    }

    private static Canceled.Reason reason(WatchEvent.Reason reason) {
      return switch (reason) {
        case BUFFER_OVERFLOW -> Canceled.Reason.REASON_BUFFER_OVERFLOW;
        case COMPACTED -> Canceled.Reason.REASON_COMPACTED;
        // Told as a status before it gets here.
        case STOPPED -> Canceled.Reason.REASON_UNSPECIFIED;
      };
    }
  }
}
