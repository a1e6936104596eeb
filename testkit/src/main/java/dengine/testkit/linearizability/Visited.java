package dengine.testkit.linearizability;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The points of a search that need no second visit.
///
/// With the same required operations placed and the same state, a point that has used fewer
/// optional operations can do all that one with more of them can. So a point is new only if none
/// was visited before whose optional operations are among its own.
final class Visited {

  private static final class Point {

    private final long[] packed;
    private final int hash;

    Point(long[] packed) {
      this.packed = packed;
      long mixed = 0;
      for (long word : packed) {
        mixed = (mixed ^ word) * 0x9E3779B97F4A7C15L;
        mixed ^= mixed >>> 32;
      }
      this.hash = (int) mixed;
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Point point && Arrays.equals(packed, point.packed);
    }

    @Override
    public int hashCode() {
      return hash;
    }
  }

  /// For each point the sets of optional operations it was visited with, one after the other.
  private final Map<Point, long[]> optionalSets = new HashMap<>();
  private long size;

  /// Number of points remembered.
  long size() {
    return size;
  }

  /// Remembers a point unless it needs no visit.
  ///
  /// @param before what the last step left behind if that restricts the next one, otherwise -1
  /// @return whether it should be visited
  boolean add(LinearizedSet placed, int state, int before) {
    long[] packed = placed.packed();
    packed[0] = ((long) before << 32) | state;
    Point point = new Point(packed);
    long[] known = optionalSets.get(point);
    long[] present = placed.optional();
    if (known == null) {
      optionalSets.put(point, present.clone());
    } else if (containsSubset(known, present)) {
      return false;
    } else {
      long[] more = Arrays.copyOf(known, known.length + present.length);
      System.arraycopy(present, 0, more, known.length, present.length);
      optionalSets.put(point, more);
    }
    size++;
    return true;
  }

  private static boolean containsSubset(long[] known, long[] present) {
    if (present.length == 0) {
      return true;
    }
    for (int start = 0; start < known.length; start += present.length) {
      boolean subset = true;
      for (int i = 0; i < present.length && subset; i++) {
        subset = (known[start + i] & ~present[i]) == 0;
      }
      if (subset) {
        return true;
      }
    }
    return false;
  }
}
