package dengine.kv;

import java.util.Arrays;

/// Which keys go when: a heap of deadlines and slots, the earliest first, of those that go at the
/// same time the one that was written first, so all replicas agree on the order. Each key is there
/// once: writing it again moves it, so nothing has to be cleared away later and no write waits for
/// that.
///
/// Every node of the heap has four children: half as deep as with two, and those that are compared
/// lie together. Memory: 20 bytes per key with a deadline, 4 per slot up to the last that had one,
/// each at most doubled by growing. Writer only.
final class Deadlines {

  private static final int CHILDREN = 4;
  private static final int LEAST = 16;

  private long[] deadlines = new long[LEAST];
  private long[] mods = new long[LEAST];
  private int[] slots = new int[LEAST];
  private int size;

  /// Where each slot is in the heap, plus one; 0 if it is not.
  private int[] places = new int[LEAST];

  /// The earliest, [Long#MAX_VALUE] if there is none.
  long earliest() {
    return size == 0 ? Long.MAX_VALUE : deadlines[0];
  }

  /// The slot of the earliest.
  int slot() {
    return slots[0];
  }

  /// The key in a slot goes at this time, whatever was said before.
  ///
  /// @param mod revision of the write that said so, of which no other key has the same
  void set(int slot, long deadline, long mod) {
    if (slot >= places.length) {
      places = Arrays.copyOf(places, Math.max(slot + 1, 2 * places.length));
    }
    int place = places[slot];
    if (place == 0) {
      if (size == slots.length) {
        resize(2 * size);
      }
      up(size++, deadline, mod, slot);
    } else {
      put(place - 1, deadline, mod, slot);
    }
  }

  /// The key in a slot does not go by itself any more.
  void remove(int slot) {
    int at = places[slot] - 1;
    places[slot] = 0;
    size--;
    if (at < size) {
      put(at, deadlines[size], mods[size], slots[size]);
    }
    if (size < slots.length / 4 && slots.length > LEAST) {
      resize(slots.length / 2);
    }
  }

  /// Bytes the arrays take.
  long bytes() {
    return 20L * slots.length + 4L * places.length;
  }

  private void resize(int length) {
    deadlines = Arrays.copyOf(deadlines, length);
    mods = Arrays.copyOf(mods, length);
    slots = Arrays.copyOf(slots, length);
  }

  /// Takes the place of what is there.
  private void put(int at, long deadline, long mod, int slot) {
    if (at > 0 && isBefore(deadline, mod, (at - 1) / CHILDREN)) {
      up(at, deadline, mod, slot);
    } else {
      down(at, deadline, mod, slot);
    }
  }

  private void up(int from, long deadline, long mod, int slot) {
    int at = from;
    while (at > 0) {
      int parent = (at - 1) / CHILDREN;
      if (!isBefore(deadline, mod, parent)) {
        break;
      }
      store(at, deadlines[parent], mods[parent], slots[parent]);
      at = parent;
    }
    store(at, deadline, mod, slot);
  }

  private void down(int from, long deadline, long mod, int slot) {
    int at = from;
    for (int child = first(at); child < size; child = first(at)) {
      int end = Math.min(child + CHILDREN, size);
      int least = child;
      for (int other = child + 1; other < end; other++) {
        if (isBefore(deadlines[other], mods[other], least)) {
          least = other;
        }
      }
      if (isBefore(deadline, mod, least)) {
        break;
      }
      store(at, deadlines[least], mods[least], slots[least]);
      at = least;
    }
    store(at, deadline, mod, slot);
  }

  private boolean isBefore(long deadline, long mod, int other) {
    return deadline == deadlines[other] ? mod < mods[other] : deadline < deadlines[other];
  }

  /// The first child, or the end if there is none.
  private int first(int at) {
    long child = (long) CHILDREN * at + 1;
    return child > size ? size : (int) child;
  }

  private void store(int at, long deadline, long mod, int slot) {
    deadlines[at] = deadline;
    mods[at] = mod;
    slots[at] = slot;
    places[slot] = at + 1;
  }
}
