package dengine.kv;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;

/// One place per key, which holds the address of the key's newest record and keeps its number for
/// as long as the key exists: so the indexes need no change when a key gets a new value, nor when a
/// record moves.
///
/// Any thread reads, the writer does the rest.
final class Slots {

  private static final int CHUNK_BITS = 12;
  private static final int CHUNK = 1 << CHUNK_BITS;
  private static final VarHandle ELEMENT = MethodHandles.arrayElementVarHandle(long[].class);

  private volatile long[][] chunks = new long[0][];
  private int used;
  private int[] free = new int[16];
  private int freeCount;

  /// The address in a slot, [Slabs#NONE] if it is free.
  long get(int slot) {
    return (long) ELEMENT.getAcquire(chunks[slot >>> CHUNK_BITS], slot & (CHUNK - 1));
  }

  /// Stores an address; who sees it sees the record.
  void set(int slot, long address) {
    ELEMENT.setRelease(chunks[slot >>> CHUNK_BITS], slot & (CHUNK - 1), address);
  }

  int allocate() {
    if (freeCount > 0) {
      return free[--freeCount];
    }
    int slot = used++;
    if (slot < 0) {
      throw new IllegalStateException("more than " + Integer.MAX_VALUE + " keys");
    }
    if (slot >>> CHUNK_BITS == chunks.length) {
      long[][] more = Arrays.copyOf(chunks, chunks.length + 1);
      more[chunks.length] = new long[CHUNK];
      chunks = more;
    }
    return slot;
  }

  void free(int slot) {
    set(slot, Slabs.NONE);
    if (freeCount == free.length) {
      free = Arrays.copyOf(free, freeCount * 2);
    }
    free[freeCount++] = slot;
  }

  /// Bytes the table takes.
  long bytes() {
    return (long) chunks.length * (CHUNK * Long.BYTES + 16 + 4) + 4L * free.length;
  }
}
