package dengine.api;

import java.util.List;
import java.util.Optional;

/// Several keys, all seen at one revision.
///
/// @param revision the revision at which all were seen
/// @param values one per key asked for, in that order; empty where the key does not exist
public record Values(long revision, List<Optional<KeyValue>> values) {
  public Values {
    values = List.copyOf(values);
  }
}
