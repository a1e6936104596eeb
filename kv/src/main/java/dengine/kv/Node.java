package dengine.kv;

import java.util.Arrays;
import java.util.function.IntPredicate;

/// Part of the tree that [OrderedIndex] keeps. A node that readers can reach never changes.
sealed interface Node {

  /// Most slots in a leaf, most children of a branch.
  int CAPACITY = 64;

  /// Number of slots or children, at least 1 except in an empty tree.
  int count();

  /// Calls `visitor` with the slots of this part in ascending order of keys, beginning with the
  /// first key not below `from`, until it answers false.
  ///
  /// @return whether the visitor wants to go on
  boolean visit(Records records, byte[] from, IntPredicate visitor);

  /// Calls `visitor` with all slots of this part in ascending order of keys, until it answers
  /// false.
  ///
  /// @return whether the visitor wants to go on
  boolean visitAll(IntPredicate visitor);

  /// Slots in ascending order of their keys.
  final class Leaf implements Node {

    static final Leaf EMPTY = new Leaf(0, new int[0], 0);

    /// The batch of commands that made this node and may still change it.
    final long batch;

    final int[] slots;
    int count;

    Leaf(long batch, int[] slots, int count) {
      this.batch = batch;
      this.slots = Arrays.copyOf(slots, CAPACITY);
      this.count = count;
    }

    @Override
    public int count() {
      return count;
    }

    /// Place of the first key that is not below `key[offset, offset + length)`.
    int lowerBound(Records records, byte[] key, int offset, int length) {
      int low = 0;
      int high = count;
      while (low < high) {
        int middle = (low + high) >>> 1;
        if (records.compareKey(slots[middle], key, offset, length) < 0) {
          low = middle + 1;
        } else {
          high = middle;
        }
      }
      return low;
    }

    @Override
    public boolean visit(Records records, byte[] from, IntPredicate visitor) {
      return visitFrom(lowerBound(records, from, 0, from.length), visitor);
    }

    @Override
    public boolean visitAll(IntPredicate visitor) {
      return visitFrom(0, visitor);
    }

    private boolean visitFrom(int first, IntPredicate visitor) {
      for (int i = first; i < count; i++) {
        if (!visitor.test(slots[i])) {
          return false;
        }
      }
      return true;
    }
  }

  /// Children in ascending order of their keys, with bounds between them.
  final class Branch implements Node {

    static final byte[] NO_BOUND = {};

    /// The batch of commands that made this node and may still change it.
    final long batch;

    final Node[] children;

    /// `bounds[i]` is above every key of child `i - 1` and not above any key of child `i`; the
    /// first one is not used.
    final byte[][] bounds;

    int count;

    Branch(long batch, Node[] children, byte[][] bounds, int count) {
      this.batch = batch;
      this.children = Arrays.copyOf(children, CAPACITY);
      this.bounds = Arrays.copyOf(bounds, CAPACITY);
      this.count = count;
      Arrays.fill(this.children, count, CAPACITY, Leaf.EMPTY);
      Arrays.fill(this.bounds, count, CAPACITY, NO_BOUND);
    }

    @Override
    public int count() {
      return count;
    }

    /// Place of the child that has `key[offset, offset + length)` if any has.
    int childOf(byte[] key, int offset, int length) {
      int low = 1;
      int high = count;
      while (low < high) {
        int middle = (low + high) >>> 1;
        byte[] bound = bounds[middle];
        if (Arrays.compareUnsigned(bound, 0, bound.length, key, offset, offset + length) <= 0) {
          low = middle + 1;
        } else {
          high = middle;
        }
      }
      return low - 1;
    }

    @Override
    public boolean visit(Records records, byte[] from, IntPredicate visitor) {
      int first = childOf(from, 0, from.length);
      return children[first].visit(records, from, visitor) && visitFrom(first + 1, visitor);
    }

    @Override
    public boolean visitAll(IntPredicate visitor) {
      return visitFrom(0, visitor);
    }

    private boolean visitFrom(int first, IntPredicate visitor) {
      for (int i = first; i < count; i++) {
        if (!children[i].visitAll(visitor)) {
          return false;
        }
      }
      return true;
    }
  }
}
