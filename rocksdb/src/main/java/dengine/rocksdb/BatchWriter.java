package dengine.rocksdb;

import dengine.api.Bytes;
import dengine.api.Swap;
import dengine.engine.spi.StateMachine.Batch;
import dengine.kv.Command;
import dengine.kv.ExpiryBudget;
import dengine.kv.MalformedCommandException;
import dengine.kv.watch.ChangeRecorder;
import dengine.rocksdb.DeadlineIndex.Cursor;
import dengine.rocksdb.DeadlineIndex.Due;
import dengine.rocksdb.DeadlineIndex.Mortal;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
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
      long create, long mod, long version, long deadline, int size, byte @Nullable [] stored) {

    Due due() {
      return new Due(deadline, mod);
    }
  }

  private final Database database;
  private final Applied.Owner owner;
  private final ChangeRecorder changes;
  private final byte[] header = new byte[StoredRecord.LONGEST_HEADER];

  /// What this batch has made of keys so far; a deleted one has null.
  private final Map<Bytes, @Nullable Found> changed = new HashMap<>();

  /// What the database says of keys that go, and that this batch has changed.
  private final Map<Bytes, Due> storedDues = new HashMap<>();

  /// Deadlines that this batch has given, with those that it took back.
  private final PriorityQueue<Mortal> given =
      new PriorityQueue<>(Comparator.comparing(Mortal::due));

  private final ExpiryBudget budget;

  /// Cluster time of the last entry.
  private long latest;

  /// What goes first of what is in the database, or before that.
  private Due next;

  /// Where in the database it is; null before something is due there.
  private @Nullable Cursor stored;

  private long keys;
  private long liveBytes;

  /// @param next what goes first in the database
  /// @param budget how many go with an entry
  /// @param changes told what the commands change
  BatchWriter(
      Database database,
      Applied.Owner owner,
      Applied before,
      Due next,
      ExpiryBudget budget,
      ChangeRecorder changes) {
    this.changes = changes;
    this.database = database;
    this.owner = owner;
    this.next = next;
    this.budget = budget;
    latest = before.time();
    keys = before.keys();
    liveBytes = before.liveBytes();
  }

  /// Applies the batch.
  ///
  /// @return what is written now
  Applied apply(Batch batch) {
    try {
      changes.begin(batch.index(0));
      int last = batch.size() - 1;
      for (int i = 0; i <= last; i++) {
        apply(batch, i);
      }
      Applied after =
          new Applied(
              owner, batch.index(last), batch.term(last), batch.time(last), keys, liveBytes);
      write(after);
      next = firstAfterwards();
      return after;
    } finally {
      if (stored != null) {
        stored.close();
      }
    }
  }

  private void apply(Batch batch, int i) {
    long time = batch.time(i);
    boolean isLeft = expire(time, batch.index(i), budget.keys(latest, time));
    latest = time;
    if (batch.isCommand(i)) {
      batch.complete(i, execute(batch.command(i), batch.index(i), time, isLeft));
    }
  }

  /// What goes first in the database after the batch.
  Due next() {
    return next;
  }

  private Due firstAfterwards() {
    Due first = earliestStored();
    Mortal mortal = firstGiven();
    return mortal != null && mortal.due().compareTo(first) < 0 ? mortal.due() : first;
  }

  /// What became of the first one in the database. Only if this batch took it away it is looked for
  /// the next one, from there on: keys that are renewed leave many behind, each of which is stepped
  /// over once.
  private Due earliestStored() {
    if (stored != null) {
      firstStored(Long.MAX_VALUE);
      return next;
    }
    return storedDues.containsValue(next) ? DeadlineIndex.first(database, next) : next;
  }

  /// The first that this batch has given a deadline and not taken it back.
  private @Nullable Mortal firstGiven() {
    for (Mortal first = given.peek(); first != null; first = given.peek()) {
      Found now = changed.get(first.key());
      if (now != null && now.due().equals(first.due())) {
        return first;
      }
      given.remove();
    }
    return null;
  }

  /// The first in the database that this batch has not changed, if anything may be due there.
  private @Nullable Mortal firstStored(long time) {
    if (next.deadline() > time) {
      return null;
    }
    if (stored == null) {
      stored = new Cursor(database, next);
    }
    Mortal first = stored.current();
    while (first != null && changed.containsKey(first.key())) {
      stored.next();
      first = stored.current();
    }
    next = first == null ? Due.NEVER : first.due();
    return first;
  }

  /// The first whose deadline has come.
  private @Nullable Mortal firstDue(long time) {
    Mortal inDatabase = firstStored(time);
    Mortal inBatch = firstGiven();
    Mortal first = inDatabase == null ? inBatch : inDatabase;
    if (first != null && inBatch != null && inBatch.due().compareTo(first.due()) < 0) {
      first = inBatch;
    }
    return first != null && first.due().deadline() <= time ? first : null;
  }

  /// Removes keys whose deadline has come.
  ///
  /// @return whether some are left
  private boolean expire(long time, long revision, int most) {
    Mortal first = firstDue(time);
    for (int gone = 0; first != null && gone < most; gone++) {
      delete(first.key(), lookBeforeChange(first.key()), revision, true);
      first = firstDue(time);
    }
    return first != null;
  }

  /// A key that a command is about has gone if its deadline has come, whether there was time to
  /// remove it or not.
  private void expire(Bytes key, long time, long revision) {
    Found now = lookBeforeChange(key);
    if (now != null && now.deadline() != 0 && now.deadline() <= time) {
      delete(key, now, revision, true);
    }
  }

  private static long deadline(long ttlMillis, long time) {
    return ttlMillis == 0 ? 0 : Math.addExact(time, ttlMillis);
  }

  private Object execute(byte[] encoded, long revision, long time, boolean isSomeLeft) {
    Command command;
    try {
      command = Command.decode(encoded);
    } catch (MalformedCommandException malformed) {
      return malformed.result(revision);
    }
    if (isSomeLeft) {
      expire(command.key(), time, revision);
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
    byte[] record =
        StoredRecord.value(
            value.unsafeArray(), 0, value.length(), create, revision, version, deadline);
    tellPut(key, value, now, revision);
    changes(key, now);
    changed.put(key, new Found(create, revision, version, deadline, record.length, record));
    if (deadline != 0) {
      given.add(new Mortal(new Due(deadline, revision), key));
    }
    if (now == null) {
      keys++;
      liveBytes += key.length();
    } else {
      liveBytes -= now.size();
    }
    liveBytes += record.length;
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

  /// Remembers what the database says of when a key goes.
  private void changes(Bytes key, @Nullable Found now) {
    if (now != null && now.deadline() != 0 && !changed.containsKey(key)) {
      storedDues.put(key, now.due());
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
        StoredRecord.mod(header, 0),
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
        StoredRecord.mod(stored, 0),
        StoredRecord.version(stored, 0),
        StoredRecord.deadline(stored, 0),
        stored.length,
        stored);
  }

  private void index(WriteBatch batch, Bytes key, @Nullable Found now) throws RocksDBException {
    Due before = storedDues.get(key);
    if (before != null) {
      batch.delete(DeadlineIndex.key(before));
    }
    if (now != null && now.deadline() != 0) {
      batch.put(DeadlineIndex.key(now.due()), key.unsafeArray());
    }
  }

  private void write(Applied after) {
    try (WriteBatch batch = new WriteBatch()) {
      for (Map.Entry<Bytes, @Nullable Found> each : changed.entrySet()) {
        byte[] key = StoredRecord.key(each.getKey());
        Found found = each.getValue();
        index(batch, each.getKey(), found);
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
