package dengine.kv;

/// The records of one slot after the other, as they were at a pinned revision; for one reader.
final class PinnedRecord {

  final long revision;

  /// Where the record lies that [#moveTo] found.
  byte[] slab = {};

  int at;

  private final Records records;

  PinnedRecord(Records records, long revision) {
    this.records = records;
    this.revision = revision;
  }

  /// Looks at a slot of the tree that was published with the revision: so it has a value at it.
  void moveTo(int slot) {
    for (; ; ) {
      long newest = records.slots.get(slot);
      long address = records.visible(newest, revision);
      Slab found = records.slabs.at(address);
      if (found != null) {
        slab = found.bytes;
        at = Slabs.offset(address);
        return;
      }
      if (records.slots.get(slot) == newest) {
        // Only a record that moved can be missing, and then its slot changed first.
        throw new IllegalStateException(
            "slot " + slot + " has no value at pinned revision " + revision);
      }
    }
  }
}
