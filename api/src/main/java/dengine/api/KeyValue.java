package dengine.api;

/// A key with what is stored under it.
///
/// @param createRevision revision of the write that created the key (after its last deletion)
/// @param modRevision revision of the last write to the key
/// @param version number of writes to the key since it was created, 1 for the first
public record KeyValue(
    Bytes key, Bytes value, long createRevision, long modRevision, long version) {

  /// The value read as UTF-8.
  public String text() {
    return value.text();
  }
}
