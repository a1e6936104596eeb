package dengine.kv;

import java.util.concurrent.atomic.AtomicLongArray;
import org.jspecify.annotations.Nullable;

/// The revisions that multi-key reads work at, so that the writer keeps what they need.
///
/// A reader pins a revision he has seen published, and only *then* loads the one he works at (the
/// same or a newer one). The writer publishes first and looks at the pins afterwards. Both are
/// volatile, so one of the two sees the other: the writer finds the pin, or the reader finds what
/// was published, and older versions than that he does not need.
final class Pins {

  private static final int CELLS = 16;

  /// Longs from one cell to the next: readers on different cores should not share a cache line.
  private static final int STRIDE = 8;

  private static final long FREE = 0;

  private final AtomicLongArray cells = new AtomicLongArray(CELLS * STRIDE);

  /// Takes over when all cells are taken; as many as there ever were readers at a time.
  private volatile @Nullable Pins more;

  /// Pins this revision.
  ///
  /// @return what to give to [#release]
  int pin(long revision) {
    int start = (int) ((Thread.currentThread().threadId() * 0x9e3779b9L) >>> 16);
    for (int i = 0; i < CELLS; i++) {
      int cell = ((start + i) & (CELLS - 1)) * STRIDE;
      if (cells.getPlain(cell) == FREE && cells.compareAndSet(cell, FREE, revision + 1)) {
        return cell;
      }
    }
    return CELLS * STRIDE + overflow().pin(revision);
  }

  void release(int pin) {
    if (pin < CELLS * STRIDE) {
      cells.setRelease(pin, FREE);
    } else {
      overflow().release(pin - CELLS * STRIDE);
    }
  }

  /// The oldest pinned revision, or `published` if there is no older one.
  long oldest(long published) {
    long oldest = published;
    for (Pins pins = this; pins != null; pins = pins.more) {
      for (int i = 0; i < CELLS; i++) {
        long pinned = pins.cells.get(i * STRIDE);
        if (pinned != FREE) {
          oldest = Math.min(oldest, pinned - 1);
        }
      }
    }
    return oldest;
  }

  // Locked because two readers may find all cells taken at once; that is rare, and the lock short.
  private synchronized Pins overflow() {
    Pins next = more;
    if (next == null) {
      next = new Pins();
      more = next;
    }
    return next;
  }
}
