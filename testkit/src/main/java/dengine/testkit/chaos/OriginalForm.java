package dengine.testkit.chaos;

import com.google.protobuf.ByteString;
import dengine.api.Bytes;
import dengine.api.WatchEvent;
import dengine.api.WatchEvent.Reason;
import dengine.api.WatchOptions;
import dengine.proto.client.WatchRequest;
import dengine.proto.client.WatchResponse;
import dengine.testkit.chaos.ServerFeed.Heard;
import java.util.Optional;

/// What the original's stream says. No value in these runs is empty, so an empty previous one is
/// none.
final class OriginalForm implements ServerFeed.Form<WatchResponse> {

  static WatchRequest request(Subject what, WatchOptions options) {
    if (options.fromRevision() != 0 || options.bufferSize() != 0) {
      throw new IllegalArgumentException("the original's stream knows no " + options);
    }
    return WatchRequest.newBuilder()
        .setKey(ByteString.copyFrom(what.what().toByteArray()))
        .setPrefix(what.prefix())
        .setPrevKv(options.previousValues())
        .build();
  }

  @Override
  public boolean beginsWithHeaders() {
    return true;
  }

  @Override
  public Heard read(WatchResponse message) {
    long revision = message.getRevision();
    return switch (message.getEventType()) {
      case WATCH_EVENT_TYPE_PUT ->
          new Heard.Told(
              new WatchEvent.Put(
                  revision, bytes(message.getKey()), bytes(message.getValue()), previous(message)));
      case WATCH_EVENT_TYPE_DELETE ->
          new Heard.Told(
              new WatchEvent.Delete(
                  revision, bytes(message.getKey()), previous(message), message.getExpired()));
      case WATCH_EVENT_TYPE_PROGRESS -> new Heard.Told(new WatchEvent.Progress(revision));
      case WATCH_EVENT_TYPE_CANCELED -> canceled(message);
      case UNRECOGNIZED -> new Heard.Strange(message.toString());
    };
  }

  private static Heard canceled(WatchResponse message) {
    return switch (message.getError()) {
      case WATCH_BUFFER_OVERFLOW -> canceled(message, Reason.BUFFER_OVERFLOW);
      case STALE_OPERATION -> canceled(message, Reason.COMPACTED);
      default -> new Heard.Strange(message.toString());
    };
  }

  private static Heard canceled(WatchResponse message, Reason reason) {
    return new Heard.Told(
        new WatchEvent.Canceled(message.getRevision(), reason, 0, message.getError().name()));
  }

  private static Optional<Bytes> previous(WatchResponse message) {
    return message.getPrevValue().isEmpty()
        ? Optional.empty()
        : Optional.of(bytes(message.getPrevValue()));
  }

  private static Bytes bytes(ByteString wire) {
    return Bytes.wrap(wire.toByteArray());
  }
}
