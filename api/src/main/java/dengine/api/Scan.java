package dengine.api;

import java.util.Optional;

/// What to scan: `Scan.prefix("user/").limit(100)`.
///
/// @param prefix keys that begin with it; empty for all keys
/// @param from first key to return, as given by [Page#next]; empty to begin with the prefix
/// @param limit most entries to return, 1 to [#MAX_LIMIT]; a page may hold fewer when it would grow
///     beyond the largest response, [Page#next] says whether there is more
/// @param policy how fresh
public record Scan(Bytes prefix, Optional<Bytes> from, int limit, ReadPolicy policy) {

  /// Most entries in one page.
  public static final int MAX_LIMIT = 10_000;

  public Scan {
    if (limit < 1 || limit > MAX_LIMIT) {
      throw new InvalidRequestException("limit", limit, "1 to " + MAX_LIMIT);
    }
  }

  /// All keys that begin with `prefix`, linearizable, [#MAX_LIMIT] at most.
  public static Scan prefix(Bytes prefix) {
    return new Scan(prefix, Optional.empty(), MAX_LIMIT, ReadPolicy.LINEARIZABLE);
  }

  /// All keys that begin with `prefix`, linearizable, [#MAX_LIMIT] at most.
  public static Scan prefix(String prefix) {
    return prefix(Bytes.of(prefix));
  }

  /// The same with at most this many entries.
  public Scan limit(int most) {
    return new Scan(prefix, from, most, policy);
  }

  /// The same, continued at this key.
  public Scan from(Bytes key) {
    return new Scan(prefix, Optional.of(key), limit, policy);
  }

  /// The same with this freshness.
  public Scan policy(ReadPolicy freshness) {
    return new Scan(prefix, from, limit, freshness);
  }
}
