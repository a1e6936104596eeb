package dengine.testkit.linearizability;

/// Which operations have been given a place, as bits that pack well.
///
/// Operations are numbered by invocation, so those that must have happened form a long run of ones,
/// a short mixed stretch, and zeroes. Only the stretch is packed. The optional ones are kept apart:
/// most of them are never placed and would stretch it over the whole history.
final class LinearizedSet {

  private final long[] required;
  private final long[] optional;
  /// First word of `required` that is not all ones.
  private int low;
  /// One past the last word of `required` that is not zero.
  private int high;

  LinearizedSet(int requiredCount, int optionalCount) {
    required = new long[(requiredCount >>> 6) + 1];
    optional = new long[(optionalCount + 63) >>> 6];
  }

  void addRequired(int index) {
    int word = index >>> 6;
    required[word] |= 1L << index;
    high = Math.max(high, word + 1);
    while (low < required.length && required[low] == -1L) {
      low++;
    }
  }

  void removeRequired(int index) {
    int word = index >>> 6;
    required[word] &= ~(1L << index);
    low = Math.min(low, word);
    while (high > 0 && required[high - 1] == 0) {
      high--;
    }
  }

  void addOptional(int index) {
    optional[index >>> 6] |= 1L << index;
  }

  void removeOptional(int index) {
    optional[index >>> 6] &= ~(1L << index);
  }

  boolean hasOptional(int index) {
    return (optional[index >>> 6] & (1L << index)) != 0;
  }

  /// The optional operations that are placed; not a copy.
  long[] optional() {
    return optional;
  }

  /// The required operations that are placed, after a word for the caller to fill.
  long[] packed() {
    int stretch = Math.max(0, high - low);
    long[] packed = new long[2 + stretch];
    packed[1] = low;
    System.arraycopy(required, low, packed, 2, stretch);
    return packed;
  }
}
