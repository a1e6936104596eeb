package dengine.rocksdb;

import dengine.api.Bytes;
import dengine.api.Swap;
import dengine.engine.spi.StateMachine.Batch;
import dengine.kv.Command;
import dengine.kv.MalformedCommandException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksDBException;
import org.rocksdb.WriteBatch;

/// Carries out the commands of one batch: collects what changes, then writes it together with the
/// new [Applied]. For one batch, on the thread that writes.
final class BatchWriter {

  /// A record as the next command of the batch finds it.
  ///
  /// @param size bytes of the stored value
  /// @param stored all of it; null if only `create` and `version` were looked at
  private record Found(long create, long version, int size, byte @Nullable [] stored) {}

  private final Database database;
  private final Applied.Owner owner;
  private final byte[] header = new byte[StoredRecord.HEADER_BYTES];

  /// What this batch has made of keys so far; a deleted one has null.
  private final Map<Bytes, @Nullable Found> changed = new HashMap<>();

  private long keys;
  private long liveBytes;

  BatchWriter(Database database, Applied.Owner owner, Applied before) {
    this.database = database;
    this.owner = owner;
    keys = before.keys();
    liveBytes = before.liveBytes();
  }

  /// Applies the batch.
  ///
  /// @return what is written now
  Applied apply(Batch batch) {
    int size = batch.size();
    int last = size - 1;
    for (int i = 0; i < size; i++) {
      if (batch.isCommand(i)) {
        batch.complete(i, execute(batch.command(i), batch.index(i)));
      }
    }
    Applied after =
        new Applied(owner, batch.index(last), batch.term(last), batch.time(last), keys, liveBytes);
    write(after);
    return after;
  }

  private Object execute(byte[] encoded, long revision) {
    Command command;
    try {
      command = Command.decode(encoded);
    } catch (MalformedCommandException malformed) {
      return malformed.result(revision);
    }
    return switch (command) {
      case Command.Put put -> {
        store(put.key(), put.value(), look(put.key()), revision);
        yield revision;
      }
      case Command.Delete delete -> {
        delete(delete.key(), look(delete.key()));
        yield revision;
      }
      case Command.CompareAndSwap swap -> {
        Found now = swap.expected().isPresent() ? read(swap.key()) : look(swap.key());
        boolean expected =
            swap.expected().isPresent() ? holds(now, swap.expected().get()) : now == null;
        if (expected) {
          store(swap.key(), swap.value(), now, revision);
        }
        yield new Swap(expected, revision);
      }
    };
  }

  private static boolean holds(@Nullable Found now, Bytes expected) {
    if (now == null || now.stored() == null) {
      return false;
    }
    byte[] stored = now.stored();
    byte[] wanted = expected.unsafeArray();
    return Arrays.equals(
        stored, StoredRecord.HEADER_BYTES, stored.length, wanted, 0, wanted.length);
  }

  private void store(Bytes key, Bytes value, @Nullable Found now, long revision) {
    long create = now == null ? revision : now.create();
    long version = now == null ? 1 : now.version() + 1;
    byte[] stored =
        StoredRecord.value(value.unsafeArray(), 0, value.length(), create, revision, version);
    changed.put(key, new Found(create, version, stored.length, stored));
    if (now == null) {
      keys++;
      liveBytes += key.length();
    } else {
      liveBytes -= now.size();
    }
    liveBytes += stored.length;
  }

  private void delete(Bytes key, @Nullable Found now) {
    if (now != null) {
      changed.put(key, null);
      keys--;
      liveBytes -= key.length() + now.size();
    }
  }

  /// The record of a key, of which the value is not wanted.
  private @Nullable Found look(Bytes key) {
    if (changed.containsKey(key)) {
      return changed.get(key);
    }
    int size = database.get(StoredRecord.key(key), header);
    if (size < 0) {
      return null;
    }
    StoredRecord.check(header, 0, size, database.path);
    return new Found(StoredRecord.create(header, 0), StoredRecord.version(header, 0), size, null);
  }

  /// The record of a key, with its value.
  private @Nullable Found read(Bytes key) {
    if (changed.containsKey(key)) {
      return changed.get(key);
    }
    byte[] stored = database.get(StoredRecord.key(key));
    if (stored == null) {
      return null;
    }
    StoredRecord.check(stored, 0, stored.length, database.path);
    return new Found(
        StoredRecord.create(stored, 0), StoredRecord.version(stored, 0), stored.length, stored);
  }

  private void write(Applied after) {
    try (WriteBatch batch = new WriteBatch()) {
      for (Map.Entry<Bytes, @Nullable Found> each : changed.entrySet()) {
        byte[] key = StoredRecord.key(each.getKey());
        Found found = each.getValue();
        if (found == null || found.stored() == null) {
          batch.delete(key);
        } else {
          batch.put(key, found.stored());
        }
      }
      batch.put(Applied.KEY, after.encode());
      database.write(batch);
    } catch (RocksDBException e) {
      throw Failures.of("collecting a batch", database.path, e);
    }
  }
}
