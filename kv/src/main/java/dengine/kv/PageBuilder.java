package dengine.kv;

import dengine.api.Bytes;
import dengine.api.KeyValue;
import dengine.api.Page;
import dengine.api.Scan;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/// Collects a page of a scan from slots in order, as they were at a pinned revision.
final class PageBuilder implements IntPredicate {

  private final PinnedRecord record;
  private final byte[] prefix;
  private final int limit;
  private final int maxBytes;
  private final List<KeyValue> entries = new ArrayList<>();
  private long bytes;
  private @Nullable Bytes next;

  PageBuilder(Records records, long revision, Scan scan, int maxBytes) {
    record = new PinnedRecord(records, revision);
    this.maxBytes = maxBytes;
    prefix = scan.prefix().unsafeArray();
    limit = scan.limit();
  }

  /// Takes in the next key.
  ///
  /// @return whether to go on
  @Override
  public boolean test(int slot) {
    record.moveTo(slot);
    byte[] slab = record.slab;
    int at = record.at;
    if (!Layout.startsWith(slab, at, prefix)) {
      return false;
    }
    Bytes key = Bytes.wrap(Layout.key(slab, at));
    bytes += key.length() + Layout.valueLength(slab, at);
    if (entries.size() == limit || (bytes > maxBytes && !entries.isEmpty())) {
      next = key;
      return false;
    }
    entries.add(Layout.keyValue(key, slab, at));
    return true;
  }

  Page page() {
    return new Page(record.revision, entries, Optional.ofNullable(next));
  }
}
