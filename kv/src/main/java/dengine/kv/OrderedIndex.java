package dengine.kv;

import dengine.kv.Node.Branch;
import dengine.kv.Node.Leaf;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// The slots of all keys in ascending order of keys: a B+tree whose published nodes never change.
/// The writer copies a node the first time a batch touches it and edits the copy until the batch is
/// published; a reader goes through the tree of the revision it reads at, without a lock and
/// without waiting.
///
/// Holds exactly the keys that exist, no deleted ones. A new value of a key does not touch it.
///
/// Belongs to the writer; what [#publish] returned may be read by anyone.
final class OrderedIndex {

  /// A node smaller than this looks for a neighbour to merge with, if both together are not above
  /// [#MERGED]: some room, so that the next insertion does not split it again.
  private static final int SMALL = Node.CAPACITY / 4;

  private static final int MERGED = Node.CAPACITY * 3 / 4;

  /// Heap of a leaf and of a branch with its bounds, roughly.
  private static final long LEAF_BYTES = 32 + 16 + 4 * Node.CAPACITY;

  private static final long BRANCH_BYTES = 32 + 32 + 8 * Node.CAPACITY + 32 * Node.CAPACITY;

  private final Records records;
  private Node root = Leaf.EMPTY;
  private long batch = 1;
  private long leaves;
  private long branches;

  /// What an insertion split off to the right of the node it was made in, if it did, and the bound
  /// between.
  private @Nullable Node splitOff;

  private byte[] splitBound = Branch.NO_BOUND;

  OrderedIndex(Records records) {
    this.records = records;
  }

  /// The tree as it is now; from now on it stays so.
  Node publish() {
    batch++;
    return root;
  }

  /// Bytes of the nodes, roughly.
  long bytes() {
    return leaves * LEAF_BYTES + branches * BRANCH_BYTES;
  }

  /// Adds a key that is not there; its record must be in the slot already.
  void add(byte[] key, int offset, int length, int slot) {
    Node left = add(root, key, offset, length, slot);
    Node right = splitOff;
    if (right == null) {
      root = left;
      return;
    }
    splitOff = null;
    branches++;
    root =
        new Branch(batch, new Node[] {left, right}, new byte[][] {Branch.NO_BOUND, splitBound}, 2);
  }

  private Node add(Node node, byte[] key, int offset, int length, int slot) {
    return switch (node) {
      case Leaf leaf -> {
        int place = leaf.lowerBound(records, key, offset, length);
        if (leaf.count == Node.CAPACITY) {
          yield split(leaf, place, slot);
        }
        Leaf own = own(leaf);
        System.arraycopy(own.slots, place, own.slots, place + 1, own.count - place);
        own.slots[place] = slot;
        own.count++;
        yield own;
      }
      case Branch branch -> {
        int place = branch.childOf(key, offset, length);
        Node child = add(branch.children[place], key, offset, length, slot);
        Branch own = own(branch);
        own.children[place] = child;
        Node right = splitOff;
        if (right == null) {
          yield own;
        }
        splitOff = null;
        yield add(own, place + 1, right, splitBound);
      }
    };
  }

  private Leaf split(Leaf leaf, int place, int slot) {
    int[] wide = Arrays.copyOf(leaf.slots, Node.CAPACITY + 1);
    System.arraycopy(leaf.slots, place, wide, place + 1, Node.CAPACITY - place);
    wide[place] = slot;
    int cut = cut(place);
    Leaf left = new Leaf(batch, Arrays.copyOf(wide, cut), cut);
    Leaf right = new Leaf(batch, Arrays.copyOfRange(wide, cut, wide.length), wide.length - cut);
    splitBound = between(records.key(wide[cut - 1]), records.key(wide[cut]));
    splitOff = right;
    leaves++;
    return left;
  }

  private Branch add(Branch own, int place, Node child, byte[] bound) {
    if (own.count < Node.CAPACITY) {
      int moved = own.count - place;
      System.arraycopy(own.children, place, own.children, place + 1, moved);
      System.arraycopy(own.bounds, place, own.bounds, place + 1, moved);
      own.children[place] = child;
      own.bounds[place] = bound;
      own.count++;
      return own;
    }
    Node[] children = Arrays.copyOf(own.children, Node.CAPACITY + 1);
    byte[][] bounds = Arrays.copyOf(own.bounds, Node.CAPACITY + 1);
    System.arraycopy(own.children, place, children, place + 1, Node.CAPACITY - place);
    System.arraycopy(own.bounds, place, bounds, place + 1, Node.CAPACITY - place);
    children[place] = child;
    bounds[place] = bound;
    int cut = cut(place);
    int rest = children.length - cut;
    Branch right =
        new Branch(
            batch,
            Arrays.copyOfRange(children, cut, children.length),
            Arrays.copyOfRange(bounds, cut, bounds.length),
            rest);
    right.bounds[0] = Branch.NO_BOUND;
    splitBound = bounds[cut];
    splitOff = right;
    branches++;
    return new Branch(batch, Arrays.copyOf(children, cut), Arrays.copyOf(bounds, cut), cut);
  }

  /// Where to split: in the middle, but behind everything when keys arrive in ascending order, so
  /// that the nodes they leave behind are full.
  private static int cut(int place) {
    return place == Node.CAPACITY ? Node.CAPACITY : (Node.CAPACITY + 1) / 2;
  }

  /// The shortest bytes above `left` and not above `right`.
  private static byte[] between(byte[] left, byte[] right) {
    return Arrays.copyOf(right, Arrays.mismatch(left, right) + 1);
  }

  /// Removes a key that is there; its slot must still have a record of it.
  void remove(byte[] key, int offset, int length, int slot) {
    root = remove(root, key, offset, length, slot);
    while (root instanceof Branch branch && branch.count == 1) {
      root = branch.children[0];
      branches--;
    }
    if (root.count() == 0) {
      root = Leaf.EMPTY;
      leaves = 0;
      branches = 0;
    }
  }

  private Node remove(Node node, byte[] key, int offset, int length, int slot) {
    return switch (node) {
      case Leaf leaf -> {
        int place = leaf.lowerBound(records, key, offset, length);
        if (place == leaf.count || leaf.slots[place] != slot) {
          throw new IllegalStateException("slot " + slot + " is not in the ordered index");
        }
        Leaf own = own(leaf);
        own.count--;
        System.arraycopy(own.slots, place + 1, own.slots, place, own.count - place);
        yield own;
      }
      case Branch branch -> {
        int place = branch.childOf(key, offset, length);
        Node child = remove(branch.children[place], key, offset, length, slot);
        Branch own = own(branch);
        own.children[place] = child;
        shrink(own, place);
        yield own;
      }
    };
  }

  /// Tidies up around a child that became smaller.
  private void shrink(Branch own, int place) {
    Node child = own.children[place];
    if (child.count() == 0) {
      forget(child);
      drop(own, place);
    } else if (child.count() < SMALL) {
      if (place > 0 && fits(own, place - 1)) {
        merge(own, place - 1);
      } else if (place + 1 < own.count && fits(own, place)) {
        merge(own, place);
      }
    }
  }

  private static boolean fits(Branch own, int left) {
    return own.children[left].count() + own.children[left + 1].count() <= MERGED;
  }

  private void merge(Branch own, int place) {
    Node right = own.children[place + 1];
    own.children[place] =
        switch (own.children[place]) {
          case Leaf left -> append(own(left), (Leaf) right);
          case Branch left -> append(own(left), (Branch) right, own.bounds[place + 1]);
        };
    forget(right);
    drop(own, place + 1);
  }

  private static Leaf append(Leaf left, Leaf right) {
    System.arraycopy(right.slots, 0, left.slots, left.count, right.count);
    left.count += right.count;
    return left;
  }

  private static Branch append(Branch left, Branch right, byte[] bound) {
    System.arraycopy(right.children, 0, left.children, left.count, right.count);
    System.arraycopy(right.bounds, 0, left.bounds, left.count, right.count);
    left.bounds[left.count] = bound;
    left.count += right.count;
    return left;
  }

  private static void drop(Branch own, int place) {
    int moved = own.count - place - 1;
    System.arraycopy(own.children, place + 1, own.children, place, moved);
    System.arraycopy(own.bounds, place + 1, own.bounds, place, moved);
    own.count--;
    own.bounds[0] = Branch.NO_BOUND;
    own.children[own.count] = Leaf.EMPTY;
    own.bounds[own.count] = Branch.NO_BOUND;
  }

  private void forget(Node node) {
    switch (node) {
      case Leaf leaf -> leaves--;
      case Branch branch -> branches--;
    }
  }

  private Leaf own(Leaf leaf) {
    if (leaf.batch == batch) {
      return leaf;
    }
    if (leaf == Leaf.EMPTY) {
      leaves = 1;
    }
    return new Leaf(batch, leaf.slots, leaf.count);
  }

  private Branch own(Branch branch) {
    return branch.batch == batch
        ? branch
        : new Branch(batch, branch.children, branch.bounds, branch.count);
  }
}
