package dengine.kv;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayDeque;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// The memory that records live in: big arrays instead of an object per value, because a garbage
/// collector that has a million values to look at pauses for long.
///
/// An **address** names a record: the slab's generation, its index in the directory, and the
/// record's place in units of 8 bytes. A slab that was let go resolves to null, also when another
/// one took its index, since generations differ; its array is freed by the garbage collector when
/// the last reader lets go of it. So readers need no protection against reuse of memory.
///
/// Everything but [#at] belongs to the writer.
final class Slabs {

  /// No record.
  static final long NONE = 0;

  /// A little less than 1 MiB: with its object header such an array fills one G1 region of 1 MiB
  /// instead of spilling over into a second one.
  static final int SLAB_BYTES = (1 << 20) - 64;

  /// A larger record gets an array of its own, so that no more than a quarter of a slab is ever
  /// wasted.
  static final int LARGE_RECORD_BYTES = 1 << 18;

  /// Slabs to let go of at a time, besides twice as many as were emptied just now: after a long
  /// view there may be a great many.
  static final int MOST_DROPPED = 256;

  private static final int OFFSET_BITS = 20;
  private static final int INDEX_BITS = 22;
  private static final int GENERATION_BITS = 64 - OFFSET_BITS - INDEX_BITS;
  private static final int OFFSET_MASK = (1 << OFFSET_BITS) - 1;
  private static final int INDEX_MASK = (1 << INDEX_BITS) - 1;
  private static final int UNIT_SHIFT = 3;

  private static final VarHandle ELEMENT = MethodHandles.arrayElementVarHandle(Slab[].class);

  private volatile @Nullable Slab[] directory = new Slab[16];
  private int[] freeIndexes = new int[16];
  private int freeCount;
  private int indexesUsed;
  private long generation;

  private Slab open;
  private final ArrayDeque<Slab> emptied = new ArrayDeque<>();
  private final ArrayDeque<Retired> retired = new ArrayDeque<>();
  private long liveBytes;
  private long retiredBytes;
  private long allBytes;

  /// A slab that no reader of a revision from `since` on needs.
  private record Retired(Slab slab, long since) {}

  Slabs() {
    // Opened with nothing in it: the first record opens a real one.
    open = new Slab(new byte[0], 0);
  }

  /// The slab an address points into, or null if it was let go. Any thread.
  @Nullable Slab at(long address) {
    long tag = address >>> OFFSET_BITS;
    Slab slab = (Slab) ELEMENT.getAcquire(directory, (int) tag & INDEX_MASK);
    return slab != null && slab.tag == tag ? slab : null;
  }

  /// Where in its slab an address points.
  static int offset(long address) {
    return ((int) address & OFFSET_MASK) << UNIT_SHIFT;
  }

  static long address(Slab slab, int offset) {
    return (slab.tag << OFFSET_BITS) | (offset >>> UNIT_SHIFT);
  }

  /// The slab to write a record of this size into: [Slab#take] of it succeeds.
  Slab withRoom(int size) {
    liveBytes += size;
    if (size > LARGE_RECORD_BYTES) {
      Slab own = add(new byte[size]);
      own.sealed = true;
      return own;
    }
    if (!open.hasRoom(size)) {
      seal(open);
      open = add(new byte[SLAB_BYTES]);
    }
    return open;
  }

  /// Notes that a record is no longer the newest version of its key.
  void superseded(Slab slab, int size) {
    liveBytes -= size;
    slab.live -= size;
    if (slab.live == 0 && slab.sealed) {
      emptied.add(slab);
    }
  }

  /// Lets go of what nobody needs. Slabs without live records retire; those that retired before go
  /// when every reader's revision has reached the one at which they did.
  ///
  /// @param published revision readers get now: superseded records are not of interest at it
  /// @param oldestRead no reader works at an older revision
  void reclaim(long published, long oldestRead) {
    int most = MOST_DROPPED + 2 * emptied.size();
    for (Slab slab = emptied.poll(); slab != null; slab = emptied.poll()) {
      retired.add(new Retired(slab, published));
      retiredBytes += slab.bytes.length;
    }
    while (most-- > 0 && !retired.isEmpty() && retired.peek().since() <= oldestRead) {
      drop(retired.remove().slab());
    }
  }

  /// Whether [#reclaim] has anything to look at.
  boolean hasDead() {
    return !emptied.isEmpty() || !retired.isEmpty();
  }

  /// The sealed slab with the smallest live part, or null.
  @Nullable Slab emptiest() {
    @Nullable Slab[] slabs = directory;
    Slab best = null;
    for (int i = 0; i < indexesUsed; i++) {
      Slab slab = slabs[i];
      if (slab != null
          && slab.sealed
          && slab.live > 0
          && slab.bytes.length == SLAB_BYTES
          && (best == null || slab.live < best.live)) {
        best = slab;
      }
    }
    return best;
  }

  /// Bytes of records that are the newest of their key.
  long liveBytes() {
    return liveBytes;
  }

  /// Bytes of all arrays that readers can reach.
  long allBytes() {
    return allBytes;
  }

  /// Bytes of arrays that only readers of older revisions may still need.
  long retiredBytes() {
    return retiredBytes;
  }

  /// Bytes that [Cleaner] could win back: neither live, nor free, nor retired already.
  long deadBytes() {
    return allBytes - retiredBytes - liveBytes - (open.bytes.length - open.end);
  }

  private void seal(Slab slab) {
    slab.sealed = true;
    if (slab.live == 0 && slab.bytes.length > 0) {
      emptied.add(slab);
    }
  }

  private Slab add(byte[] bytes) {
    int index = freeCount > 0 ? freeIndexes[--freeCount] : indexesUsed++;
    if (index > INDEX_MASK) {
      throw new IllegalStateException("more than " + (INDEX_MASK + 1L) + " slabs");
    }
    // Wraps around after 4 million slabs; no reader sleeps that long between two loads. Never 0, so
    // that no address is NONE.
    generation = generation % ((1 << GENERATION_BITS) - 1) + 1;
    Slab slab = new Slab(bytes, (generation << INDEX_BITS) | index);
    @Nullable Slab[] slabs = directory;
    if (index >= slabs.length) {
      slabs = Arrays.copyOf(slabs, slabs.length * 2);
      directory = slabs;
    }
    ELEMENT.setRelease(slabs, index, slab);
    allBytes += bytes.length;
    return slab;
  }

  private void drop(Slab slab) {
    int index = (int) slab.tag & INDEX_MASK;
    ELEMENT.setRelease(directory, index, null);
    allBytes -= slab.bytes.length;
    retiredBytes -= slab.bytes.length;
    if (freeCount == freeIndexes.length) {
      freeIndexes = Arrays.copyOf(freeIndexes, freeCount * 2);
    }
    freeIndexes[freeCount++] = index;
  }
}
