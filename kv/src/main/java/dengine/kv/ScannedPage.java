package dengine.kv;

import dengine.api.Bytes;
import java.util.function.IntPredicate;

/// Fills a page of a scan from slots in order, as they were at a pinned revision.
final class ScannedPage implements IntPredicate {

  private final Published published;
  private final PinnedRecord record;
  private final PageBuilder page;
  private final byte[] prefix;

  /// @param published what is pinned
  ScannedPage(Records records, Published published, PageBuilder page) {
    this.published = published;
    record = new PinnedRecord(records, published.revision());
    this.page = page;
    prefix = page.prefix().unsafeArray();
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
    if (published.hides(slab, at)) {
      return page.goesOnAfter(key);
    }
    if (!page.hasRoom(key, Layout.valueLength(slab, at))) {
      return false;
    }
    page.add(Layout.keyValue(key, slab, at));
    return true;
  }
}
