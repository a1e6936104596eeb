package dengine.grpc;

import dengine.api.Bytes;
import dengine.api.WatchEvent;
import dengine.proto.client.WatchEventType;
import dengine.proto.client.WatchResponse;
import dengine.proto.error.ErrorCode;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Events as clients of the original know them.
final class OriginalEvents implements WatchCalls.Form<WatchResponse> {

  @Override
  public @Nullable WatchResponse begun(long revision) {
    return null;
  }

  @Override
  public WatchResponse event(WatchEvent event) {
    WatchResponse.Builder response = WatchResponse.newBuilder().setRevision(event.revision());
    switch (event) {
      case WatchEvent.Put(_, Bytes key, Bytes value, Optional<Bytes> previous) -> {
        response
            .setEventType(WatchEventType.WATCH_EVENT_TYPE_PUT)
            .setKey(Reads.wire(key))
            .setValue(Reads.wire(value));
        previous.ifPresent(before -> response.setPrevValue(Reads.wire(before)));
      }
      case WatchEvent.Delete(_, Bytes key, Optional<Bytes> previous, boolean expired) -> {
        response
            .setEventType(WatchEventType.WATCH_EVENT_TYPE_DELETE)
            .setKey(Reads.wire(key))
            .setExpired(expired);
        previous.ifPresent(before -> response.setPrevValue(Reads.wire(before)));
      }
      case WatchEvent.Progress _ -> response.setEventType(WatchEventType.WATCH_EVENT_TYPE_PROGRESS);
      case WatchEvent.Canceled last ->
          response
              .setEventType(WatchEventType.WATCH_EVENT_TYPE_CANCELED)
              .setError(error(last.reason()));
    }
    return response.build();
  }

  private static ErrorCode error(WatchEvent.Reason reason) {
    return switch (reason) {
      case BUFFER_OVERFLOW -> ErrorCode.WATCH_BUFFER_OVERFLOW;
      case COMPACTED -> ErrorCode.STALE_OPERATION;
      case STOPPED -> ErrorCode.CLUSTER_UNAVAILABLE;
    };
  }
}
