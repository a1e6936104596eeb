package dengine.rocksdb;

import dengine.api.Bytes;
import dengine.api.Swap;
import dengine.engine.spi.StateMachine.Batch;
import dengine.kv.Command;
import dengine.kv.MalformedCommandException;
import dengine.kv.watch.ChangeRecorder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
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
  /// @param deadline cluster time at which it goes, 0 for never
  private record Found(
      long create, long version, long deadline, int size, byte @Nullable [] stored) {}

  private record Mortal(long deadline, Bytes key) {}

  private final Database database;
  private final Applied.Owner owner;
  private final ChangeRecorder changes;
  private final byte[] header = new byte[StoredRecord.LONGEST_HEADER];

  /// What this batch has made of keys so far; a deleted one has null.
  private final Map<Bytes, @Nullable Found> changed = new HashMap<>();

  /// Deadlines in the database of keys that this batch has changed.
  private final Map<Bytes, Long> storedDeadlines = new HashMap<>();

  /// Deadlines that this batch has given, with those that it took back.
  private final PriorityQueue<Mortal> given =
      new PriorityQueue<>(Comparator.comparingLong(Mortal::deadline));

  /// Up to here keys have gone.
  private long expired;

  /// The earliest of what was in the database and has not gone.
  private long nextDeadline;

  private long keys;
  private long liveBytes;

  /// @param nextDeadline earliest deadline in the database
  /// @param changes told what the commands change
  BatchWriter(
      Database database,
      Applied.Owner owner,
      Applied before,
      long nextDeadline,
      ChangeRecorder changes) {
    this.changes = changes;
    this.database = database;
    this.owner = owner;
    this.nextDeadline = nextDeadline;
    expired = before.time();
    keys = before.keys();
    liveBytes = before.liveBytes();
  }

  /// Applies the batch.
  ///
  /// @return what is written now
  Applied apply(Batch batch) {
    changes.begin(batch.index(0));
    int size = batch.size();
    int last = size - 1;
    for (int i = 0; i < size; i++) {
      long time = batch.time(i);
      if (Math.min(nextDeadline, firstGiven()) <= time) {
        expire(time, batch.index(i));
      }
      if (batch.isCommand(i)) {
        batch.complete(i, execute(batch.command(i), batch.index(i), time));
      }
    }
    Applied after =
        new Applied(owner, batch.index(last), batch.term(last), batch.time(last), keys, liveBytes);
    write(after);
    nextDeadline = Math.min(earliestStored(), firstGiven());
    return after;
  }

  /// Earliest deadline in the database after the batch.
  long nextDeadline() {
    return nextDeadline;
  }

  /// What became of the earliest deadline in the database. Only if this batch took it away it is
  /// looked for the next one, from there on: keys that are renewed leave many behind, each of which
  /// is stepped over once.
  private long earliestStored() {
    return storedDeadlines.containsValue(nextDeadline)
        ? DeadlineIndex.first(database, nextDeadline)
        : nextDeadline;
  }

  /// The earliest deadline that this batch has given and not taken back.
  private long firstGiven() {
    for (Mortal first = given.peek(); first != null; first = given.peek()) {
      Found now = changed.get(first.key());
      if (now != null && now.deadline() == first.deadline()) {
        return first.deadline();
      }
      given.remove();
    }
    return Long.MAX_VALUE;
  }

  /// Removes the keys whose deadline has come: those of the database that this batch has not
  /// changed, and those that it has.
  private void expire(long time, long revision) {
    if (nextDeadline <= time) {
      List<Bytes> gone = new ArrayList<>();
      DeadlineIndex.forEach(
          database,
          expired + 1,
          time,
          (key, _) -> {
            if (!changed.containsKey(key)) {
              gone.add(key);
            }
          });
      gone.forEach(key -> delete(key, lookBeforeChange(key), revision, true));
      nextDeadline = DeadlineIndex.first(database, time + 1);
    }
    while (firstGiven() <= time) {
      Bytes key = given.remove().key();
      delete(key, changed.get(key), revision, true);
    }
    expired = time;
  }

  private static long deadline(long ttlMillis, long time) {
    return ttlMillis == 0 ? 0 : Math.addExact(time, ttlMillis);
  }

  private Object execute(byte[] encoded, long revision, long time) {
    Command command;
    try {
      command = Command.decode(encoded);
    } catch (MalformedCommandException malformed) {
      return malformed.result(revision);
    }
    return switch (command) {
      case Command.Put put -> {
        long deadline = deadline(put.ttlMillis(), time);
        store(put.key(), put.value(), lookBeforeChange(put.key()), revision, deadline);
        yield revision;
      }
      case Command.Delete delete -> {
        delete(delete.key(), lookBeforeChange(delete.key()), revision, false);
        yield revision;
      }
      case Command.CompareAndSwap swap -> {
        Found now = swap.expected().isPresent() ? read(swap.key()) : lookBeforeChange(swap.key());
        boolean expected =
            swap.expected().isPresent() ? holds(now, swap.expected().get()) : now == null;
        if (expected) {
          store(swap.key(), swap.value(), now, revision, deadline(swap.ttlMillis(), time));
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
        stored, StoredRecord.headerBytes(stored, 0), stored.length, wanted, 0, wanted.length);
  }

  private void store(Bytes key, Bytes value, @Nullable Found now, long revision, long deadline) {
    long create = now == null ? revision : now.create();
    long version = now == null ? 1 : now.version() + 1;
    byte[] stored =
        StoredRecord.value(
            value.unsafeArray(), 0, value.length(), create, revision, version, deadline);
    tellPut(key, value, now, revision);
    changes(key, now);
    changed.put(key, new Found(create, version, deadline, stored.length, stored));
    if (deadline != 0) {
      given.add(new Mortal(deadline, key));
    }
    if (now == null) {
      keys++;
      liveBytes += key.length();
    } else {
      liveBytes -= now.size();
    }
    liveBytes += stored.length;
  }

  private void delete(Bytes key, @Nullable Found now, long revision, boolean isExpiry) {
    if (now != null) {
      changes.delete(revision, key.unsafeArray(), 0, key.length(), previous(now), isExpiry);
      changes(key, now);
      changed.put(key, null);
      keys--;
      liveBytes -= key.length() + now.size();
    }
  }

  private void tellPut(Bytes key, Bytes value, @Nullable Found now, long revision) {
    changes.put(
        revision,
        key.unsafeArray(),
        0,
        key.length(),
        value.unsafeArray(),
        0,
        value.length(),
        previous(now));
  }

  /// What is stored, if those who watch want to know.
  private @Nullable Bytes previous(@Nullable Found now) {
    if (now == null || now.stored() == null || !changes.wantsPrevious()) {
      return null;
    }
    return Bytes.wrap(StoredRecord.content(now.stored()));
  }

  /// Remembers the deadline that the database has for a key.
  private void changes(Bytes key, @Nullable Found now) {
    if (now != null && now.deadline() != 0 && !changed.containsKey(key)) {
      storedDeadlines.put(key, now.deadline());
    }
  }

  /// The record of a key that is about to change: with its value if those who watch want to know
  /// it.
  private @Nullable Found lookBeforeChange(Bytes key) {
    return changes.wantsPrevious() ? read(key) : look(key);
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
    return new Found(
        StoredRecord.create(header, 0),
        StoredRecord.version(header, 0),
        StoredRecord.deadline(header, 0),
        size,
        null);
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
        StoredRecord.create(stored, 0),
        StoredRecord.version(stored, 0),
        StoredRecord.deadline(stored, 0),
        stored.length,
        stored);
  }

  private void index(WriteBatch batch, Bytes key, long deadline) throws RocksDBException {
    long before = storedDeadlines.getOrDefault(key, 0L);
    if (before != 0 && before != deadline) {
      batch.delete(DeadlineIndex.key(before, key));
    }
    if (deadline != 0 && before != deadline) {
      batch.put(DeadlineIndex.key(deadline, key), DeadlineIndex.NOTHING);
    }
  }

  private void write(Applied after) {
    try (WriteBatch batch = new WriteBatch()) {
      for (Map.Entry<Bytes, @Nullable Found> each : changed.entrySet()) {
        byte[] key = StoredRecord.key(each.getKey());
        Found found = each.getValue();
        index(batch, each.getKey(), found == null ? 0 : found.deadline());
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
