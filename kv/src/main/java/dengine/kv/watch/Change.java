package dengine.kv.watch;

import dengine.api.Bytes;
import dengine.api.WatchEvent;
import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A change as the history keeps it: by reference, nothing is copied before somebody is told of it.
///
/// @param sequence its number: changes are counted without gaps
/// @param previous what was stored before; null if nothing was, or if nobody wanted to know
/// @param value null unless something was stored
record Change(
    long sequence,
    long revision,
    Kind kind,
    byte[] key,
    int keyAt,
    int keyLength,
    byte @Nullable [] value,
    int valueAt,
    int valueLength,
    @Nullable Bytes previous) {

  private static final int OVERHEAD_BYTES = 128;
  private static final byte[] NOTHING = {};

  enum Kind {
    PUT,
    DELETE,
    EXPIRY,

    /// Another state took the place of the store's.
    REPLACEMENT
  }

  static Change replacement(long sequence, long revision) {
    return new Change(sequence, revision, Kind.REPLACEMENT, NOTHING, 0, 0, null, 0, 0, null);
  }

  /// The revision up to which everything has been told before this; 0 if that is not known: what
  /// led to another state never is.
  long completes() {
    return kind == Kind.REPLACEMENT ? 0 : revision - 1;
  }

  /// Bytes that stay in memory because of it, roughly. Where key and value are parts of one
  /// command, as they usually are, that is counted once.
  @SuppressWarnings("ReferenceEquality") // whether it is the same array, not whether it is alike
  long bytes() {
    long held = OVERHEAD_BYTES + (long) key.length;
    if (value != null && value != key) {
      held += value.length;
    }
    return previous == null ? held : held + previous.length();
  }

  /// A copy of the key.
  Bytes copyKey() {
    return Bytes.wrap(Arrays.copyOfRange(key, keyAt, keyAt + keyLength));
  }

  boolean hasKey(Bytes wanted) {
    byte[] bytes = wanted.unsafeArray();
    return Arrays.equals(key, keyAt, keyAt + keyLength, bytes, 0, bytes.length);
  }

  boolean hasPrefix(Bytes prefix) {
    byte[] bytes = prefix.unsafeArray();
    return keyLength >= bytes.length
        && Arrays.equals(key, keyAt, keyAt + bytes.length, bytes, 0, bytes.length);
  }

  /// What those are told who watch the key.
  ///
  /// @param ownKey what [#copyKey] gave
  WatchEvent event(Bytes ownKey, boolean withPrevious) {
    Optional<Bytes> before = withPrevious ? Optional.ofNullable(previous) : Optional.empty();
    return switch (kind) {
      case PUT -> {
        byte[] source = value == null ? NOTHING : value;
        Bytes stored = Bytes.wrap(Arrays.copyOfRange(source, valueAt, valueAt + valueLength));
        yield new WatchEvent.Put(revision, ownKey, stored, before);
      }
      case DELETE -> new WatchEvent.Delete(revision, ownKey, before, false);
      case EXPIRY -> new WatchEvent.Delete(revision, ownKey, before, true);
      case REPLACEMENT -> throw new IllegalStateException("no change of a key");
    };
  }
}
