package dengine.kv;

/// How many keys go with one entry of the log. However many are due at once, no entry takes long to
/// apply: what is left goes with the entries after it, those first whose time came first. Meanwhile
/// nobody sees them (see [KeyValueStore]).
///
/// It counts the time that has passed by the entries themselves, for how many entries there are in
/// a second differs by orders of magnitude. It decides at which revision a key goes, so **all nodes
/// of a cluster must have the same**, for ever. Others than [#DEFAULT] are for simulations, which
/// want few keys to be many.
///
/// @param perEntry keys that go with each entry, besides the one that it is about; at least 1, so
///     that they cannot become more and more
/// @param perMilli keys that go for each millisecond since the entry before, at least 0
/// @param most keys that go with one entry, whatever the time, at least `perEntry`
public record ExpiryBudget(int perEntry, int perMilli, int most) {

  /// 4 with each entry and 100 per millisecond, at most 1000 with one entry.
  public static final ExpiryBudget DEFAULT = new ExpiryBudget(4, 100, 1000);

  public ExpiryBudget {
    if (perEntry < 1 || perMilli < 0 || most < perEntry) {
      throw new IllegalArgumentException(
          "perEntry = " + perEntry + ", perMilli = " + perMilli + ", most = " + most);
    }
  }

  /// Most keys that go with an entry.
  ///
  /// @param before cluster time of the entry before it, in milliseconds
  /// @param time its own, not earlier
  public int keys(long before, long time) {
    long passed = Math.min(most, Math.max(0, time - before));
    return (int) Math.min(most, perEntry + passed * perMilli);
  }
}
