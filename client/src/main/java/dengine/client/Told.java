package dengine.client;

import dengine.api.Bytes;
import dengine.api.WatchEvent;
import java.util.HashSet;
import java.util.Set;

/// What a watch has told, so that it goes on elsewhere without a gap and without telling anything
/// again. Several changes may share a revision, and another server may tell those that expired
/// together in another order: of the last revision it is known which keys were told.
final class Told {

  private record Seen(Bytes key, boolean removed) {}

  /// The last revision of which something was told.
  private long revision;

  /// Whether everything of it was.
  private boolean whole;

  private final Set<Seen> seen = new HashSet<>();

  /// Everything up to this revision is none of the watch's business.
  void begin(long first) {
    revision = first;
    whole = true;
  }

  /// The revision to ask another server for.
  long from() {
    return whole ? revision + 1 : revision;
  }

  /// The revision up to which everything was told.
  long complete() {
    return whole ? revision : revision - 1;
  }

  boolean isNew(WatchEvent.Change change) {
    return change.revision() > revision
        || (change.revision() == revision && !whole && !seen.contains(seen(change)));
  }

  /// This was told.
  void add(WatchEvent.Change change) {
    if (change.revision() > revision) {
      revision = change.revision();
      seen.clear();
      whole = false;
    }
    seen.add(seen(change));
  }

  private static Seen seen(WatchEvent.Change change) {
    return new Seen(change.key(), change instanceof WatchEvent.Delete);
  }

  /// Everything up to a revision was told.
  ///
  /// @return whether that is news: a server may be behind the one before
  boolean progress(long upTo) {
    if (upTo < revision) {
      return false;
    }
    revision = upTo;
    whole = true;
    seen.clear();
    return true;
  }
}
