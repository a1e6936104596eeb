package dengine.kv;

/// An array that records are written into one after the other, and what the writer knows about it.
/// Readers use [#bytes] and [#tag] only; what they may look at in `bytes` never changes, and stays
/// valid for as long as they hold the slab, whatever the writer does.
final class Slab {

  final byte[] bytes;

  /// Tells this slab from every other that had or will have its place in the directory.
  final long tag;

  /// Bytes taken so far. Writer only.
  int end;

  /// Bytes of records that are the newest version of their key. Writer only.
  int live;

  /// Whether the writer is done filling it. Writer only.
  boolean sealed;

  Slab(byte[] bytes, long tag) {
    this.bytes = bytes;
    this.tag = tag;
  }

  boolean hasRoom(int size) {
    return bytes.length - end >= size;
  }

  int take(int size) {
    int at = end;
    end += size;
    live += size;
    return at;
  }
}
