package dengine.kv;

import dengine.api.Bytes;
import dengine.api.KeyValue;
import dengine.api.Page;
import dengine.api.Scan;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Decides where a page of a scan ends: the same for every store.
///
/// Used by one thread.
public final class PageBuilder {

  /// Most records that are stepped over for one page.
  private static final int MOST_SKIPPED = 10_000;

  private final Bytes prefix;
  private final Bytes from;
  private final int limit;
  private final int maxBytes;
  private final List<KeyValue> entries = new ArrayList<>();
  private long bytes;
  private int skipped;
  private @Nullable Bytes next;

  /// An empty page.
  public PageBuilder(Scan scan, Limits limits) {
    prefix = scan.prefix();
    from = scan.from().filter(key -> key.compareTo(prefix) > 0).orElse(prefix);
    limit = scan.limit();
    maxBytes = limits.maxResponseBytes();
  }

  /// Keys must begin with this.
  public Bytes prefix() {
    return prefix;
  }

  /// The first key to look at, or the next one above it.
  public Bytes from() {
    return from;
  }

  /// Whether there is room for an entry of this key and so many bytes of value. If not, the page
  /// ends before it.
  public boolean hasRoom(Bytes key, int valueLength) {
    bytes += (long) key.length() + valueLength;
    if (entries.size() == limit || (bytes > maxBytes && !entries.isEmpty())) {
      next = key;
      return false;
    }
    return true;
  }

  /// Whether to go on after the record of this key, which has gone and is not removed yet. If not,
  /// the page ends before it: there may be very many.
  public boolean goesOnAfter(Bytes key) {
    skipped++;
    if (skipped > MOST_SKIPPED) {
      next = key;
      return false;
    }
    return true;
  }

  /// Adds the entry that [#hasRoom] was asked about.
  public void add(KeyValue entry) {
    entries.add(entry);
  }

  /// The page, as seen at this revision.
  public Page page(long revision) {
    return new Page(revision, entries, Optional.ofNullable(next));
  }
}
