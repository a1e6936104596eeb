package dengine.kv;

import org.jspecify.annotations.Nullable;

/// Records by slot and by address, for readers and for the writer: finds a key's newest record, and
/// from there the version that was the newest at some revision.
final class Records {

  /// Answer of [#visible]: a record that had to be looked at was let go meanwhile. Readers that
  /// hold a pin get it only when the newest record moved, others also when a version became too
  /// old; both begin anew. An address of generation 0, which no slab has: it leads nowhere.
  static final long GONE = 1;

  final Slabs slabs = new Slabs();
  final Slots slots = new Slots();

  /// The address of the slot's newest record if it is one of this key, otherwise [Slabs#NONE].
  long newest(int slot, byte[] key, int offset, int length) {
    long address = slots.get(slot);
    while (address != Slabs.NONE) {
      Slab slab = slabs.at(address);
      if (slab != null) {
        boolean same = Layout.hasKey(slab.bytes, Slabs.offset(address), key, offset, length);
        return same ? address : Slabs.NONE;
      }
      address = reload(slot, address);
    }
    return Slabs.NONE;
  }

  /// Follows the versions of a key, beginning with this record, to the one that was the newest at a
  /// revision.
  ///
  /// @return its address; [Slabs#NONE] if the key did not exist; [#GONE]
  long visible(long newest, long revision) {
    long address = newest;
    do {
      Slab slab = slabs.at(address);
      if (slab == null) {
        return GONE;
      }
      int at = Slabs.offset(address);
      if (Layout.mod(slab.bytes, at) <= revision) {
        return Layout.isTombstone(slab.bytes, at) ? Slabs.NONE : address;
      }
      address = Layout.previous(slab.bytes, at);
    } while (address != Slabs.NONE);
    return Slabs.NONE;
  }

  /// Compares the key in a slot that is in use with `key[offset, offset + length)`.
  int compareKey(int slot, byte[] key, int offset, int length) {
    long address = slots.get(slot);
    Slab slab = slabs.at(address);
    while (slab == null) {
      address = reload(slot, address);
      slab = slabs.at(address);
    }
    return Layout.compareKey(slab.bytes, Slabs.offset(address), key, offset, length);
  }

  /// The key in a slot that is in use. Writer only.
  byte[] key(int slot) {
    long address = slots.get(slot);
    return Layout.key(held(address).bytes, Slabs.offset(address));
  }

  /// The slab of a record that is the newest of its key. Writer only: for him it cannot have gone.
  Slab held(long address) {
    @Nullable Slab slab = slabs.at(address);
    if (slab == null) {
      throw new IllegalStateException("no slab at " + Long.toHexString(address));
    }
    return slab;
  }

  /// Writes a version of a key and makes it the newest.
  ///
  /// @return its size in bytes
  int write(
      CommandView command,
      int slot,
      boolean tombstone,
      long mod,
      long previous,
      long create,
      long version) {
    int size =
        tombstone
            ? Layout.size(command.keyLength, 0, false)
            : Layout.size(command.keyLength, command.valueLength, command.deadline != 0);
    Slab slab = slabs.withRoom(size);
    int at = slab.take(size);
    Layout.writeRevisions(slab.bytes, at, mod, previous, create, version);
    Layout.writeContent(slab.bytes, at, slot, tombstone, command);
    slots.set(slot, Slabs.address(slab, at));
    return size;
  }

  /// Copies the newest record of a key elsewhere, so that its slab can go.
  void relocate(Slab from, int at, int size) {
    Slab to = slabs.withRoom(size);
    int copy = to.take(size);
    System.arraycopy(from.bytes, at, to.bytes, copy, size);
    slots.set(Layout.slot(from.bytes, at), Slabs.address(to, copy));
    slabs.superseded(from, size);
  }

  private long reload(int slot, long address) {
    long now = slots.get(slot);
    if (now == address) {
      // A slab goes only after every slot that pointed into it was changed.
      throw new IllegalStateException(
          "slot " + slot + " points into a slab that is gone: " + Long.toHexString(address));
    }
    return now;
  }
}
