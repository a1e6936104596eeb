package dengine.rocksdb;

import dengine.kv.StateInput;
import dengine.rocksdb.DeadlineIndex.Due;
import java.io.IOException;
import java.util.Arrays;
import org.rocksdb.RocksDBException;
import org.rocksdb.WriteBatch;

/// Fills an empty database with a whole state. For one state, on the thread that writes.
final class DatabaseLoader {

  /// Bytes that are written at a time.
  private static final int PIECE_BYTES = 1 << 20;

  private final Database database;
  private long keys;
  private long liveBytes;

  DatabaseLoader(Database database) {
    this.database = database;
  }

  /// Writes all records; when this returns, they are durable.
  ///
  /// @param origin whose state it is, and of which entry; the figures are counted here
  /// @return what is written now
  Applied load(StateInput state, Applied origin) throws IOException {
    try (WriteBatch batch = new WriteBatch()) {
      while (state.next()) {
        int keyLength = state.keyLength();
        byte[] value =
            StoredRecord.value(
                state.content(),
                keyLength,
                state.valueLength(),
                state.create(),
                state.mod(),
                state.version(),
                state.deadline());
        batch.put(StoredRecord.key(state.content(), keyLength), value);
        if (state.deadline() != 0) {
          batch.put(
              DeadlineIndex.key(new Due(state.deadline(), state.mod())),
              Arrays.copyOf(state.content(), keyLength));
        }
        keys++;
        liveBytes += keyLength + value.length;
        if (batch.getDataSize() >= PIECE_BYTES) {
          database.write(batch);
          batch.clear();
        }
      }
      Applied loaded =
          new Applied(
              origin.owner(), origin.revision(), origin.term(), origin.time(), keys, liveBytes);
      batch.put(Applied.KEY, loaded.encode());
      database.write(batch);
      database.flush();
      return loaded;
    } catch (RocksDBException e) {
      throw Failures.of("collecting a piece of a snapshot", database.path, e);
    }
  }
}
