package dengine.testkit.chaos;

import com.google.protobuf.ByteString;
import dengine.api.Bytes;
import dengine.api.WatchEvent;
import dengine.api.WatchEvent.Reason;
import dengine.api.WatchOptions;
import dengine.proto.v1.WatchKeysRequest;
import dengine.proto.v1.WatchKeysResponse;
import dengine.testkit.chaos.ServerFeed.Heard;
import java.util.Optional;
import java.util.OptionalLong;

/// What the stream of this engine says.
final class OwnForm implements ServerFeed.Form<WatchKeysResponse> {

  static WatchKeysRequest request(Subject what, WatchOptions options) {
    return WatchKeysRequest.newBuilder()
        .setKey(ByteString.copyFrom(what.what().toByteArray()))
        .setPrefix(what.prefix())
        .setPreviousValues(options.previousValues())
        .setFromRevision(options.fromRevision())
        .setBufferSize(options.bufferSize())
        .build();
  }

  @Override
  public boolean beginsWithHeaders() {
    return false;
  }

  @Override
  public Heard read(WatchKeysResponse message) {
    return switch (message.getEventCase()) {
      case BEGUN -> new Heard.Begun(OptionalLong.of(message.getBegun().getRevision()));
      case STORED -> {
        WatchKeysResponse.Stored put = message.getStored();
        yield new Heard.Told(
            new WatchEvent.Put(
                put.getRevision(),
                bytes(put.getKey()),
                bytes(put.getValue()),
                put.hasPrevious() ? Optional.of(bytes(put.getPrevious())) : Optional.empty()));
      }
      case REMOVED -> {
        WatchKeysResponse.Removed gone = message.getRemoved();
        yield new Heard.Told(
            new WatchEvent.Delete(
                gone.getRevision(),
                bytes(gone.getKey()),
                gone.hasPrevious() ? Optional.of(bytes(gone.getPrevious())) : Optional.empty(),
                gone.getExpired()));
      }
      case PROGRESS -> new Heard.Told(new WatchEvent.Progress(message.getProgress().getRevision()));
      case CANCELED -> canceled(message.getCanceled());
      case EVENT_NOT_SET -> new Heard.Strange(message.toString());
    };
  }

  private static Heard canceled(WatchKeysResponse.Canceled end) {
    return switch (end.getReason()) {
      case REASON_BUFFER_OVERFLOW -> canceled(end, Reason.BUFFER_OVERFLOW);
      case REASON_COMPACTED -> canceled(end, Reason.COMPACTED);
      case REASON_UNSPECIFIED, UNRECOGNIZED -> new Heard.Strange(end.toString());
    };
  }

  private static Heard canceled(WatchKeysResponse.Canceled end, Reason reason) {
    return new Heard.Told(
        new WatchEvent.Canceled(
            end.getRevision(), reason, end.getOldestRevision(), end.getMessage()));
  }

  private static Bytes bytes(ByteString wire) {
    return Bytes.wrap(wire.toByteArray());
  }
}
