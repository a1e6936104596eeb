package dengine.kv;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;

/// Finds the slot of a key. Open addressing with linear probing, split into many segments that grow
/// one at a time, so that no growth step is long however many keys there are.
///
/// An entry is 32 bits of the key's hash and the slot; which key it is says the slot's record.
/// Within one array an entry never moves and its place never becomes empty again, so a reader
/// cannot miss a key that is there all the time. Growth writes a new array; readers of the old one
/// find in it everything that existed when the new one appeared.
///
/// Any thread may [#find]; the writer does the rest.
final class HashIndex {

  private static final int SEGMENTS = 1 << 10;
  private static final int SMALLEST = 16;
  private static final long EMPTY = 0;
  private static final long DELETED = 0xffffffffL;
  private static final long[] NO_ENTRIES = {EMPTY};

  private static final VarHandle SEGMENT = MethodHandles.arrayElementVarHandle(long[][].class);
  private static final VarHandle ENTRY = MethodHandles.arrayElementVarHandle(long[].class);

  private final Records records;
  private final long[][] segments = new long[SEGMENTS][];

  /// Entries in use, by segment. Writer only.
  private final int[] live = new int[SEGMENTS];

  /// Entries not empty, by segment. Writer only.
  private final int[] filled = new int[SEGMENTS];

  private long entries = SEGMENTS;

  HashIndex(Records records) {
    this.records = records;
    Arrays.fill(segments, NO_ENTRIES);
  }

  /// The newest record of a key, possibly a tombstone, or [Slabs#NONE].
  long find(long hash, byte[] key, int offset, int length) {
    long[] segment = (long[]) SEGMENT.getAcquire(segments, segmentOf(hash));
    int mask = segment.length - 1;
    int fingerprint = (int) (hash >>> 32);
    int place = fingerprint & mask;
    for (; ; ) {
      long entry = (long) ENTRY.getAcquire(segment, place);
      if (entry == EMPTY) {
        return Slabs.NONE;
      }
      if ((int) (entry >>> 32) == fingerprint && entry != DELETED) {
        long address = records.newest(slotOf(entry), key, offset, length);
        if (address != Slabs.NONE) {
          return address;
        }
      }
      place = (place + 1) & mask;
    }
  }

  /// Adds a key that is not there; its record must be in the slot already.
  void add(long hash, int slot) {
    int index = segmentOf(hash);
    long[] segment = segments[index];
    // At least a quarter stays empty: it ends the searches.
    if ((filled[index] + 1) * 4L > segment.length * 3L) {
      segment = rebuild(index);
    }
    int mask = segment.length - 1;
    int place = (int) (hash >>> 32) & mask;
    while (segment[place] != EMPTY && segment[place] != DELETED) {
      place = (place + 1) & mask;
    }
    if (segment[place] == EMPTY) {
      filled[index]++;
    }
    live[index]++;
    ENTRY.setRelease(segment, place, entry(hash, slot));
  }

  /// Removes a key.
  void remove(long hash, int slot) {
    int index = segmentOf(hash);
    long[] segment = segments[index];
    int mask = segment.length - 1;
    long entry = entry(hash, slot);
    int place = (int) (hash >>> 32) & mask;
    while (segment[place] != entry) {
      if (segment[place] == EMPTY) {
        throw new IllegalStateException("slot " + slot + " is not in the hash index");
      }
      place = (place + 1) & mask;
    }
    live[index]--;
    ENTRY.setRelease(segment, place, DELETED);
  }

  /// Bytes the arrays take.
  long bytes() {
    return entries * Long.BYTES + SEGMENTS * (4L + 16 + 8);
  }

  /// Copies a segment without its deleted entries: to an array twice as large if it is full of
  /// others, half as large if it is nearly empty.
  private long[] rebuild(int index) {
    long[] old = segments[index];
    int count = live[index] + 1;
    int length = SMALLEST;
    while (count * 8L > length * 5L) {
      length *= 2;
    }
    long[] fresh = new long[length];
    int mask = length - 1;
    for (long entry : old) {
      if (entry != EMPTY && entry != DELETED) {
        int place = (int) (entry >>> 32) & mask;
        while (fresh[place] != EMPTY) {
          place = (place + 1) & mask;
        }
        fresh[place] = entry;
      }
    }
    filled[index] = live[index];
    entries += length - old.length;
    SEGMENT.setRelease(segments, index, fresh);
    return fresh;
  }

  private static int segmentOf(long hash) {
    return (int) hash & (SEGMENTS - 1);
  }

  private static long entry(long hash, int slot) {
    return ((hash >>> 32) << 32) | (slot + 1L);
  }

  private static int slotOf(long entry) {
    return (int) entry - 1;
  }
}
