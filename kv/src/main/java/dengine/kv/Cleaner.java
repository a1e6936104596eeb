package dengine.kv;

import org.jspecify.annotations.Nullable;

/// Wins back the room of superseded records: copies what is live out of the emptiest slab, a
/// bounded piece after each batch, until the slab holds nothing and goes. Writer only.
final class Cleaner {

  /// Cleans when dead records take more than this part of the live ones...
  private static final int LIVE_PER_DEAD = 2;

  /// ...and more than this many bytes: a small store is not worth the work.
  private static final long TOLERATED_BYTES = 4L << 20;

  /// Bytes to look through after a batch, per byte written by it and besides. In a store under
  /// steady random overwrites about half of the emptiest slab is dead, so two bytes looked through
  /// per byte written keep pace; three also catch up.
  private static final int BYTES_PER_BYTE_WRITTEN = 3;

  private static final long BYTES_PER_BATCH = 128 << 10;

  private final Records records;
  private @Nullable Slab victim;
  private int at;

  Cleaner(Records records) {
    this.records = records;
  }

  /// Cleans up after a batch that wrote so many bytes.
  void clean(long written) {
    long budget = BYTES_PER_BYTE_WRITTEN * written + BYTES_PER_BATCH;
    while (budget > 0 && isWorthwhile()) {
      Slab slab = victim;
      if (slab == null || slab.live == 0 || at >= slab.end) {
        slab = records.slabs.emptiest();
        if (slab == null || slab.live > slab.end - slab.end / 8) {
          return;
        }
        victim = slab;
        at = 0;
      }
      int size = Layout.size(slab.bytes, at);
      int slot = Layout.slot(slab.bytes, at);
      if (records.slots.get(slot) == Slabs.address(slab, at)) {
        records.relocate(slab, at, size);
      }
      at += size;
      budget -= size;
    }
  }

  private boolean isWorthwhile() {
    long tolerated = Math.max(TOLERATED_BYTES, records.slabs.liveBytes() / LIVE_PER_DEAD);
    // While somebody reads at an old revision, what is won back cannot be let go of: copying more
    // would only make the store larger. It is made up for afterwards.
    return records.slabs.deadBytes() > tolerated && records.slabs.retiredBytes() <= tolerated;
  }
}
