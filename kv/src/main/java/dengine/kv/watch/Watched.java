package dengine.kv.watch;

import dengine.api.Bytes;
import dengine.api.InvalidRequestException;

/// What is watched: one key, or all keys below a prefix.
///
/// @param bytes the key, or a prefix that begins and ends with `/`
public record Watched(Bytes bytes, boolean prefix) {

  public Watched {
    int length = bytes.length();
    if (prefix && (length == 0 || bytes.at(0) != '/' || bytes.at(length - 1) != '/')) {
      throw new InvalidRequestException(
          "prefix", bytes, "what begins and ends with /, such as /services/");
    }
  }

  /// One key.
  public static Watched key(Bytes key) {
    return new Watched(key, false);
  }

  /// All keys below a prefix.
  ///
  /// @throws InvalidRequestException if it does not begin and end with `/`
  public static Watched prefix(Bytes prefix) {
    return new Watched(prefix, true);
  }

  boolean includes(Change change) {
    return prefix ? change.hasPrefix(bytes) : change.hasKey(bytes);
  }
}
