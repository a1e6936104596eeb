package dengine.kv;

import dengine.api.Bytes;
import dengine.api.Swap;
import dengine.engine.spi.StateMachine.Batch;
import dengine.kv.watch.ChangeRecorder;
import java.io.IOException;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/// Applies commands. Used by one thread at a time, the engine's applier; everything the class has
/// is written by it alone, and read by others as far as the classes in question say so.
///
/// Order matters: a record is complete before its slot points to it, a slot before the hash index
/// names it, everything before the batch is published; and only after that goes what older
/// revisions needed.
final class Writer {

  /// Deleted keys to remove from the hash index after a batch, per entry of it and besides.
  private static final int PURGED_PER_ENTRY = 2;

  private static final int PURGED_PER_BATCH = 256;

  private final Records records;
  private final HashIndex index;
  private final OrderedIndex order;
  private final Cleaner cleaner;
  private final long seed;
  private final ExpiryBudget budget;
  private ChangeRecorder changes = ChangeRecorder.NOBODY;
  private final CommandView command = new CommandView();
  private final CommandView expired = new CommandView();
  private final Deadlines deadlines = new Deadlines();

  /// Deleted keys that readers of older revisions may still look for, oldest first.
  private final ArrayDeque<Buried> buried = new ArrayDeque<>();

  /// Newest revision that readers know.
  private long published;

  /// Cluster time of the last entry.
  private long latest;

  private long count;
  private long written;

  /// Keys that this batch removed.
  private int removed;

  /// A deleted key.
  private record Buried(int slot, long mod) {}

  Writer(Records records, HashIndex index, long seed, ExpiryBudget budget) {
    this.records = records;
    this.index = index;
    this.seed = seed;
    this.budget = budget;
    order = new OrderedIndex(records);
    cleaner = new Cleaner(records);
  }

  /// Applies a batch.
  ///
  /// @return what to publish
  Published apply(Batch batch) {
    written = 0;
    removed = 0;
    changes.begin(batch.index(0));
    int size = batch.size();
    for (int i = 0; i < size; i++) {
      long time = batch.time(i);
      if (deadlines.earliest() <= time) {
        expire(time, batch.index(i), budget.keys(latest, time));
      }
      latest = time;
      if (batch.isCommand(i)) {
        batch.complete(i, execute(batch.command(i), batch.index(i), time));
      }
    }
    return publish(batch.index(size - 1), batch.time(size - 1));
  }

  /// Fills an empty store with the records of a whole state.
  ///
  /// @return what to publish
  Published load(StateInput state, long revision, long time) throws IOException {
    while (state.next()) {
      command.hold(state.content(), state.keyLength(), state.valueLength(), state.deadline());
      long hash = KeyHash.of(seed, command.bytes, command.keyAt, command.keyLength);
      int slot = records.slots.allocate();
      write(slot, state.mod(), Slabs.NONE, state.create(), state.version());
      index.add(hash, slot);
      order.add(command.bytes, command.keyAt, command.keyLength, slot);
      count++;
      schedule(0, slot, state.mod());
    }
    published = revision;
    latest = time;
    return publish(revision, time);
  }

  private Published publish(long revision, long time) {
    return new Published(
        revision,
        time,
        order.publish(),
        count,
        records.slabs.liveBytes(),
        records.slabs.allBytes(),
        index.bytes() + order.bytes() + records.slots.bytes() + deadlines.bytes(),
        deadlines.earliest());
  }

  /// Who is told what changes from here on.
  void tell(ChangeRecorder recorder) {
    changes = recorder;
  }

  /// Lets go of what nobody needs any more, a piece whose size is bounded by the batch's.
  ///
  /// @param revision what was published just now
  /// @param entries size of the batch
  void tidy(long revision, int entries, Pins pins) {
    published = revision;
    cleaner.clean(written);
    if (!buried.isEmpty() || records.slabs.hasDead()) {
      long oldestRead = pins.oldest(revision);
      int most = PURGED_PER_ENTRY * (entries + removed) + PURGED_PER_BATCH;
      for (int i = 0; i < most && !buried.isEmpty() && buried.peek().mod() <= oldestRead; i++) {
        purge(buried.remove());
      }
      records.slabs.reclaim(revision, oldestRead);
    }
  }

  /// Removes keys whose deadline has come, before anything else is made of the entry.
  private void expire(long time, long revision, int most) {
    for (int gone = 0; gone < most && deadlines.earliest() <= time; gone++) {
      expire(records.slots.get(deadlines.slot()), revision);
    }
  }

  /// What a command finds of its key, which has gone if its deadline has come, whether there was
  /// time to remove it or not.
  private long find(long hash, long revision, long time) {
    long newest = index.find(hash, command.bytes, command.keyAt, command.keyLength);
    if (newest == Slabs.NONE || deadlines.earliest() > time) {
      return newest;
    }
    byte[] slab = records.held(newest).bytes;
    int at = Slabs.offset(newest);
    if (!Layout.hasGone(slab, at, time)) {
      return newest;
    }
    int slot = Layout.slot(slab, at);
    expire(newest, revision);
    return records.slots.get(slot);
  }

  private void expire(long newest, long revision) {
    Slab slab = records.held(newest);
    // The slab is cleaned and used again, the key is not.
    byte[] key = Layout.key(slab.bytes, Slabs.offset(newest));
    expired.holdKey(key, 0, key.length);
    delete(expired, newest, revision, true);
  }

  /// Remembers the deadline of what was just written.
  ///
  /// @param before that of the record whose place it took, 0 for none
  private void schedule(long before, int slot, long mod) {
    if (command.deadline != 0) {
      deadlines.set(slot, command.deadline, mod);
    } else if (before != 0) {
      deadlines.remove(slot);
    }
  }

  private Object execute(byte[] encoded, long revision, long time) {
    String fault = command.parse(encoded);
    if (fault != null) {
      return new MalformedCommandException(fault).result(revision);
    }
    if (command.ttl != 0) {
      command.deadline = Math.addExact(time, command.ttl);
    }
    long hash = KeyHash.of(seed, command.bytes, command.keyAt, command.keyLength);
    long newest = find(hash, revision, time);
    return switch (command.kind) {
      case CommandView.PUT -> {
        put(hash, newest, revision);
        yield revision;
      }
      case CommandView.DELETE -> {
        delete(command, newest, revision, false);
        yield revision;
      }
      default -> {
        boolean expected = isAsExpected(newest);
        if (expected) {
          put(hash, newest, revision);
        }
        yield new Swap(expected, revision);
      }
    };
  }

  private boolean isAsExpected(long newest) {
    boolean wantsAbsent = command.kind == CommandView.SWAP_IF_ABSENT;
    if (newest == Slabs.NONE) {
      return wantsAbsent;
    }
    byte[] slab = records.held(newest).bytes;
    int at = Slabs.offset(newest);
    if (wantsAbsent || Layout.isTombstone(slab, at)) {
      return wantsAbsent && Layout.isTombstone(slab, at);
    }
    return Layout.hasValue(slab, at, command.bytes, command.expectedAt, command.expectedLength);
  }

  private void put(long hash, long newest, long revision) {
    if (newest == Slabs.NONE) {
      tellPut(revision, null);
      int slot = records.slots.allocate();
      write(slot, revision, Slabs.NONE, revision, 1);
      index.add(hash, slot);
      order.add(command.bytes, command.keyAt, command.keyLength, slot);
      count++;
      schedule(0, slot, revision);
      return;
    }
    Slab slab = records.held(newest);
    int at = Slabs.offset(newest);
    tellPut(revision, previousValue(slab, at));
    int slot = Layout.slot(slab.bytes, at);
    long previous = previous(slab, at, newest);
    long deadline = Layout.deadline(slab.bytes, at);
    if (Layout.isTombstone(slab.bytes, at)) {
      write(slot, revision, previous, revision, 1);
      order.add(command.bytes, command.keyAt, command.keyLength, slot);
      count++;
    } else {
      long version = Layout.version(slab.bytes, at) + 1;
      write(slot, revision, previous, Layout.create(slab.bytes, at), version);
    }
    schedule(deadline, slot, revision);
    records.slabs.superseded(slab, Layout.size(slab.bytes, at));
  }

  private void delete(CommandView key, long newest, long revision, boolean isExpiry) {
    if (newest == Slabs.NONE) {
      return;
    }
    Slab slab = records.held(newest);
    int at = Slabs.offset(newest);
    if (Layout.isTombstone(slab.bytes, at)) {
      return;
    }
    changes.delete(
        revision, key.bytes, key.keyAt, key.keyLength, previousValue(slab, at), isExpiry);
    int slot = Layout.slot(slab.bytes, at);
    written += records.write(key, slot, true, revision, previous(slab, at, newest), 0, 0);
    order.remove(key.bytes, key.keyAt, key.keyLength, slot);
    if (Layout.deadline(slab.bytes, at) != 0) {
      deadlines.remove(slot);
    }
    count--;
    removed++;
    buried.add(new Buried(slot, revision));
    records.slabs.superseded(slab, Layout.size(slab.bytes, at));
  }

  private void tellPut(long revision, @Nullable Bytes previous) {
    CommandView put = command;
    changes.put(
        revision,
        put.bytes,
        put.keyAt,
        put.keyLength,
        put.bytes,
        put.valueAt,
        put.valueLength,
        previous);
  }

  /// What is stored, if those who watch want to know.
  private @Nullable Bytes previousValue(Slab slab, int at) {
    return changes.wantsPrevious() && !Layout.isTombstone(slab.bytes, at)
        ? Bytes.wrap(Layout.value(slab.bytes, at))
        : null;
  }

  /// What a new version of the key has as its previous one. No reader ever works between two
  /// commands of a batch, so versions of this batch are left out: a chain has one version per batch
  /// at most.
  private long previous(Slab slab, int at, long newest) {
    return Layout.mod(slab.bytes, at) > published ? Layout.previous(slab.bytes, at) : newest;
  }

  private void write(int slot, long mod, long previous, long create, long version) {
    written += records.write(command, slot, false, mod, previous, create, version);
  }

  /// Removes a deleted key from the hash index, unless it came to life again.
  private void purge(Buried key) {
    long address = records.slots.get(key.slot());
    if (address == Slabs.NONE) {
      return;
    }
    Slab slab = records.held(address);
    int at = Slabs.offset(address);
    if (!Layout.isTombstone(slab.bytes, at) || Layout.mod(slab.bytes, at) != key.mod()) {
      return;
    }
    int keyAt = at + Layout.HEADER_BYTES;
    long hash = KeyHash.of(seed, slab.bytes, keyAt, Layout.keyLength(slab.bytes, at));
    index.remove(hash, key.slot());
    records.slots.free(key.slot());
    records.slabs.superseded(slab, Layout.size(slab.bytes, at));
  }
}
