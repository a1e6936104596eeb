package dengine.kv;

import java.util.Arrays;
import java.util.function.IntToLongFunction;

/// Which keys go when: a heap of deadlines and slots, the earliest first. Writing a key again does
/// not search for its old deadline here: that stays until it has come, or until there are twice as
/// many as counted when it was last looked. So a deadline counts only if the key still has it.
///
/// Memory: 12 bytes per key with a deadline, and as many again at most. Writer only.
final class Deadlines {

  private static final int LEAST = 1024;

  private long[] deadlines = new long[16];
  private int[] slots = new int[16];
  private int size;

  /// So many may come together before it is looked which of them still count.
  private int most = LEAST;

  /// The earliest, [Long#MAX_VALUE] if there is none.
  long earliest() {
    return size == 0 ? Long.MAX_VALUE : deadlines[0];
  }

  /// The slot of the earliest.
  int slot() {
    return slots[0];
  }

  /// A key was given a deadline that it did not have.
  ///
  /// @param deadlineOf deadline of the key in a slot, 0 if it has none
  void add(long deadline, int slot, IntToLongFunction deadlineOf) {
    if (size >= most) {
      dropWhatCountsNoMore(deadlineOf);
      most = Math.max(LEAST, 2 * size);
    }
    if (size == slots.length) {
      deadlines = Arrays.copyOf(deadlines, 2 * size);
      slots = Arrays.copyOf(slots, 2 * size);
    }
    up(size++, deadline, slot);
  }

  /// Takes the earliest out.
  void remove() {
    size--;
    if (size > 0) {
      down(0, deadlines[size], slots[size]);
    }
  }

  /// Bytes the heap takes.
  long bytes() {
    return 12L * slots.length;
  }

  private void dropWhatCountsNoMore(IntToLongFunction deadlineOf) {
    int kept = 0;
    for (int i = 0; i < size; i++) {
      if (deadlineOf.applyAsLong(slots[i]) == deadlines[i]) {
        deadlines[kept] = deadlines[i];
        slots[kept++] = slots[i];
      }
    }
    size = kept;
    for (int i = size / 2 - 1; i >= 0; i--) {
      down(i, deadlines[i], slots[i]);
    }
  }

  private void up(int from, long deadline, int slot) {
    int at = from;
    while (at > 0) {
      int parent = (at - 1) >>> 1;
      if (deadlines[parent] <= deadline) {
        break;
      }
      deadlines[at] = deadlines[parent];
      slots[at] = slots[parent];
      at = parent;
    }
    deadlines[at] = deadline;
    slots[at] = slot;
  }

  private void down(int from, long deadline, int slot) {
    int at = from;
    while (2 * at + 1 < size) {
      int child = 2 * at + 1;
      if (child + 1 < size && deadlines[child + 1] < deadlines[child]) {
        child++;
      }
      if (deadline <= deadlines[child]) {
        break;
      }
      deadlines[at] = deadlines[child];
      slots[at] = slots[child];
      at = child;
    }
    deadlines[at] = deadline;
    slots[at] = slot;
  }
}
