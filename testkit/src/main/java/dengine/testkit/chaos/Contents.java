package dengine.testkit.chaos;

import dengine.api.Bytes;
import dengine.api.KeyValue;
import dengine.api.Page;
import dengine.api.Scan;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// What a scan of several pages found, each page at a revision of its own.
record Contents(List<Page> pages) {

  Contents {
    pages = List.copyOf(pages);
  }

  /// Reads everything that begins with a prefix. Fails as [Store#scan] does.
  static Contents read(Store store, Bytes prefix) {
    List<Page> pages = new ArrayList<>();
    Scan scan = Scan.prefix(prefix);
    Optional<Bytes> next = Optional.empty();
    do {
      Page page = store.scan(next.map(scan::from).orElse(scan));
      pages.add(page);
      next = page.next();
    } while (next.isPresent());
    return new Contents(pages);
  }

  /// At which revision this key was looked at, found or not.
  long revisionOf(Bytes key) {
    for (Page page : pages) {
      if (page.next().map(next -> key.compareTo(next) < 0).orElse(true)) {
        return page.revision();
      }
    }
    throw new IllegalStateException("the last page has a next one");
  }

  /// The revision of the first page; those of the others are not smaller.
  long firstRevision() {
    return pages.getFirst().revision();
  }

  List<KeyValue> entries() {
    return pages.stream().flatMap(page -> page.entries().stream()).toList();
  }
}
