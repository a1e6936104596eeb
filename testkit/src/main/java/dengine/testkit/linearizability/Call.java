package dengine.testkit.linearizability;

import dengine.api.Bytes;
import java.util.List;
import java.util.Optional;

/// What a client asked for.
public sealed interface Call {

  /// Whether it may change the store. A read whose outcome is unknown tells nothing and is ignored;
  /// a write whose outcome is unknown may or may not have happened.
  default boolean writes() {
    return switch (this) {
      case Put _, Delete _, CompareAndSwap _ -> true;
      case Get _, GetMany _, Scan _ -> false;
    };
  }

  /// Store a value.
  record Put(Bytes key, Bytes value) implements Call {}

  /// Remove a key, present or not.
  record Delete(Bytes key) implements Call {}

  /// Store a value if the present one is as expected; an empty expectation means absent.
  record CompareAndSwap(Bytes key, Optional<Bytes> expected, Bytes value) implements Call {}

  /// Read one key.
  record Get(Bytes key) implements Call {}

  /// Read several keys at one revision.
  record GetMany(List<Bytes> keys) implements Call {
    public GetMany {
      keys = List.copyOf(keys);
    }
  }

  /// Read all keys that begin with a prefix at one revision.
  record Scan(Bytes prefix) implements Call {}
}
