package dengine.kv;

import java.util.function.IntPredicate;

/// A digest of records, looked at in order, as they were at a pinned revision.
final class StateDigest implements IntPredicate {

  private static final long FACTOR = 0x9e3779b97f4a7c15L;

  private final PinnedRecord record;
  private long digest = FACTOR;

  StateDigest(Records records, long revision) {
    record = new PinnedRecord(records, revision);
  }

  @Override
  public boolean test(int slot) {
    record.moveTo(slot);
    byte[] slab = record.slab;
    int at = record.at;
    int keyLength = Layout.keyLength(slab, at);
    int valueLength = Layout.valueLength(slab, at);
    add(Layout.create(slab, at));
    add(Layout.mod(slab, at));
    add(Layout.version(slab, at));
    add(((long) keyLength << 32) | valueLength);
    add(KeyHash.of(FACTOR, slab, at + Layout.HEADER_BYTES, keyLength + valueLength));
    return true;
  }

  /// The digest of what was looked at so far.
  long value() {
    return digest;
  }

  private void add(long part) {
    long mixed = (Long.rotateLeft(digest, 23) ^ part) * FACTOR;
    digest = mixed ^ (mixed >>> 32);
  }
}
