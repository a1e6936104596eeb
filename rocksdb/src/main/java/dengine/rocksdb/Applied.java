package dengine.rocksdb;

import dengine.engine.spi.StorageException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/// Up to where the log was applied, and totals; written together with what a batch changed, so that
/// the two never disagree.
///
/// @param revision log index of the last applied entry
/// @param time cluster time of that entry in milliseconds
/// @param keys number of keys
/// @param liveBytes bytes of keys and stored values
record Applied(long revision, long time, long keys, long liveBytes) {

  /// The key it is stored under.
  static final byte[] KEY = {0};

  static final Applied NOTHING = new Applied(0, 0, 0, 0);

  private static final byte FORMAT = 1;
  private static final int BYTES = 1 + 4 * Long.BYTES;

  byte[] encode() {
    return ByteBuffer.allocate(BYTES)
        .put(FORMAT)
        .putLong(revision)
        .putLong(time)
        .putLong(keys)
        .putLong(liveBytes)
        .array();
  }

  /// Reads what [#encode] gave.
  ///
  /// @param stored null in a database that nothing was written to
  static Applied decode(byte @Nullable [] stored, Path where) {
    if (stored == null) {
      return NOTHING;
    }
    if (stored.length > 0 && stored[0] != FORMAT) {
      throw new StorageException.ForeignFormat(
          where, Integer.toString(stored[0] & 0xff), Integer.toString(FORMAT));
    }
    if (stored.length != BYTES) {
      throw Failures.damaged(where, "an applied index of " + stored.length + " bytes");
    }
    ByteBuffer in = ByteBuffer.wrap(stored, 1, BYTES - 1);
    return new Applied(in.getLong(), in.getLong(), in.getLong(), in.getLong());
  }
}
