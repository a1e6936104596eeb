package dengine.api;

import java.util.List;
import java.util.Optional;

/// Part of a scan, seen at one revision.
///
/// @param revision the revision at which all entries of this page were seen; a following page is
///     seen at its own, later one
/// @param entries in ascending order of keys
/// @param next where to continue: pass it to [Scan#from]; empty after the last page
public record Page(long revision, List<KeyValue> entries, Optional<Bytes> next) {
  public Page {
    entries = List.copyOf(entries);
  }
}
