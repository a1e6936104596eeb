package dengine.kv.watch;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import org.jspecify.annotations.Nullable;

/// Whom the changes concerned that the ring went on over before they were told. Remembers hashes
/// of their keys and of all prefixes of these, so it may say that a change concerned somebody whom
/// it did not, but never the other way round: who is not concerned need not be ended.
///
/// Written by whoever applies, before the ring goes on over the change, which is what publishes it:
/// whoever finds a change gone finds it here. Costs nothing before the first loss.
final class LostChanges {

  private static final int BITS_PER_CHANGE = 32;
  private static final int MOST_BITS = 1 << 23;
  private static final long FNV_OFFSET = 0xcbf29ce484222325L;
  private static final long FNV_PRIME = 0x100000001b3L;

  /// Keeps the key `/a/` apart from the prefix.
  private static final long PREFIX = 0x9e3779b97f4a7c15L;

  private final int words;

  /// Made with the first loss.
  private volatile @Nullable AtomicLongArray bits;

  /// The last change that concerns everybody, or nobody knows whom.
  private final AtomicLong unknown = new AtomicLong();

  // Of whoever applies.
  private long last;

  /// @param capacity of the ring
  LostChanges(int capacity) {
    long wanted = Math.min(MOST_BITS, (long) capacity * BITS_PER_CHANGE);
    this.words = Math.max(16, Integer.highestOneBit((int) wanted) / Long.SIZE);
  }

  /// The ring is going to go on over a change that has not been told.
  ///
  /// @param told up to which change everything was told, or taken for lost
  void add(Change change, long told) {
    if (change.kind() == Change.Kind.REPLACEMENT) {
      addUnknown(change.sequence());
      return;
    }
    AtomicLongArray present = bits;
    if (present == null) {
      present = new AtomicLongArray(words);
      bits = present;
    } else if (last != 0 && last <= told) {
      clear(present);
    }
    last = change.sequence();
    byte[] key = change.key();
    long hash = FNV_OFFSET;
    for (int i = change.keyAt(); i < change.keyAt() + change.keyLength(); i++) {
      hash = next(hash, key[i]);
      if (key[i] == '/') {
        set(present, spread(hash ^ PREFIX));
      }
    }
    set(present, spread(hash));
  }

  /// It is not known, or does not matter, whom the changes up to this one concern.
  void addUnknown(long sequence) {
    unknown.setOpaque(sequence);
  }

  private static void clear(AtomicLongArray bits) {
    for (int i = 0; i < bits.length(); i++) {
      bits.setPlain(i, 0);
    }
  }

  /// Whether changes from this one on that are gone may have concerned those who watch this.
  boolean mayConcern(Watched what, long from) {
    if (unknown.getOpaque() >= from) {
      return true;
    }
    AtomicLongArray present = bits;
    if (present == null) {
      return false;
    }
    long hash = FNV_OFFSET;
    for (byte next : what.bytes().unsafeArray()) {
      hash = next(hash, next);
    }
    return contains(present, spread(what.prefix() ? hash ^ PREFIX : hash));
  }

  private static long next(long hash, byte value) {
    return (hash ^ (value & 0xff)) * FNV_PRIME;
  }

  private static long spread(long hash) {
    long mixed = (hash ^ (hash >>> 32)) * 0xd6e8feb86659fd93L;
    return mixed ^ (mixed >>> 32);
  }

  // Two bits for each.

  private static void set(AtomicLongArray bits, long hash) {
    set(bits, (int) hash);
    set(bits, (int) (hash >>> 32));
  }

  private static void set(AtomicLongArray bits, int bit) {
    int word = (bit >>> 6) & (bits.length() - 1);
    bits.setOpaque(word, bits.getPlain(word) | 1L << bit);
  }

  private static boolean contains(AtomicLongArray bits, long hash) {
    return contains(bits, (int) hash) && contains(bits, (int) (hash >>> 32));
  }

  private static boolean contains(AtomicLongArray bits, int bit) {
    return (bits.getOpaque((bit >>> 6) & (bits.length() - 1)) & 1L << bit) != 0;
  }
}
