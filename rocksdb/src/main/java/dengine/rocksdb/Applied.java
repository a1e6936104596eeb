package dengine.rocksdb;

import dengine.engine.spi.StorageException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/// Up to where the log was applied, and totals; written together with what a batch changed, so that
/// the two never disagree.
///
/// @param owner whose state it is
/// @param revision log index of the last applied entry
/// @param term of that entry; 0 if it is not known
/// @param time cluster time of that entry in milliseconds
/// @param keys number of keys
/// @param liveBytes bytes of keys and stored values
record Applied(Owner owner, long revision, long term, long time, long keys, long liveBytes) {

  /// A node and its data directory.
  ///
  /// @param cluster 0 if nobody has said whose state it is
  record Owner(long cluster, int node, long incarnation) {
    static final Owner NOBODY = new Owner(0, 0, 0);
  }

  /// The key it is stored under.
  static final byte[] KEY = {0};

  static final Applied NOTHING = new Applied(Owner.NOBODY, 0, 0, 0, 0, 0);

  /// The second one had another [DeadlineIndex].
  private static final byte FORMAT = 3;
  private static final int BYTES = 1 + 5 * Long.BYTES + 2 * Long.BYTES + Integer.BYTES;

  /// Says neither owner nor term.
  private static final byte FIRST_FORMAT = 1;

  private static final int FIRST_BYTES = 1 + 4 * Long.BYTES;

  byte[] encode() {
    return ByteBuffer.allocate(BYTES)
        .put(FORMAT)
        .putLong(revision)
        .putLong(time)
        .putLong(keys)
        .putLong(liveBytes)
        .putLong(term)
        .putLong(owner.cluster)
        .putInt(owner.node)
        .putLong(owner.incarnation)
        .array();
  }

  /// Whether what is stored beside it is no longer understood in all of its parts: nobody owns such
  /// a state, so the engine builds it again.
  static boolean isOutdated(byte @Nullable [] stored) {
    return stored != null && stored.length > 0 && stored[0] < FORMAT;
  }

  /// Reads what [#encode] gave.
  ///
  /// @param stored null in a database that nothing was written to
  static Applied decode(byte @Nullable [] stored, Path where) {
    if (stored == null) {
      return NOTHING;
    }
    int format = stored.length == 0 ? FORMAT : stored[0] & 0xff;
    if (format < FIRST_FORMAT || format > FORMAT) {
      throw new StorageException.ForeignFormat(
          where, Integer.toString(format), FIRST_FORMAT + " to " + FORMAT);
    }
    boolean first = format == FIRST_FORMAT;
    if (stored.length != (first ? FIRST_BYTES : BYTES)) {
      throw Failures.damaged(where, "an applied index of " + stored.length + " bytes");
    }
    ByteBuffer in = ByteBuffer.wrap(stored, 1, stored.length - 1);
    long revision = in.getLong();
    long time = in.getLong();
    long keys = in.getLong();
    long liveBytes = in.getLong();
    if (first) {
      return new Applied(Owner.NOBODY, revision, 0, time, keys, liveBytes);
    }
    long term = in.getLong();
    Owner owner =
        format == FORMAT
            ? new Owner(in.getLong(), in.getInt(), in.getLong())
            : Owner.NOBODY; // to be built again
    return new Applied(owner, revision, term, time, keys, liveBytes);
  }
}
