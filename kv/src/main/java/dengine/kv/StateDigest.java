package dengine.kv;

/// A digest of records in ascending order of keys: the same for the same records, whatever store
/// holds them. It finds damage and differences between nodes; it is no defence against somebody who
/// makes records up.
///
/// Used by one thread.
public final class StateDigest {

  private static final long FACTOR = 0x9e3779b97f4a7c15L;

  private long digest = FACTOR;

  /// The digest of nothing.
  public StateDigest() {}

  /// Takes in the next record.
  ///
  /// @param content holds the key at `at`, and the value right behind it
  /// @param deadline cluster time at which it goes, 0 for never
  public void add(
      byte[] content,
      int at,
      int keyLength,
      int valueLength,
      long create,
      long mod,
      long version,
      long deadline) {
    mix(create);
    mix(mod);
    mix(version);
    if (deadline != 0) {
      mix(deadline);
    }
    mix(((long) keyLength << 32) | valueLength);
    mix(KeyHash.of(FACTOR, content, at, keyLength + valueLength));
  }

  /// The digest of what was taken in so far.
  public long value() {
    return digest;
  }

  private void mix(long part) {
    long mixed = (Long.rotateLeft(digest, 23) ^ part) * FACTOR;
    digest = mixed ^ (mixed >>> 32);
  }
}
