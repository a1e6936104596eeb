package dengine.kv;

/// How many keys go with one entry of the log. However many are due at once, no entry takes long to
/// apply: what is left goes with the entries after it, those first whose time came first. Meanwhile
/// nobody sees them (see [KeyValueStore]).
///
/// It decides at which revision a key goes, so **all nodes of a cluster must have the same**, for
/// ever. Others than [#DEFAULT] are for simulations, which want few keys to be many.
///
/// @param withCommand most keys that go with a command, besides the one that it is about; at least
///     1, so that they cannot become more and more
/// @param withOther most keys that go with an entry that is none, at least 1: the leader appends
///     such entries as long as keys are left
public record ExpiryBudget(int withCommand, int withOther) {

  /// 4 with a command, 1000 with another entry.
  public static final ExpiryBudget DEFAULT = new ExpiryBudget(4, 1000);

  public ExpiryBudget {
    if (withCommand < 1 || withOther < 1) {
      throw new IllegalArgumentException(
          "at least one key must go with each entry: " + withCommand + ", " + withOther);
    }
  }
}
