package dengine.kv;

/// How large a store is, as of its last applied batch.
///
/// @param keys number of keys
/// @param liveBytes bytes of the newest records: keys, values, and a header each, of 44 to 51 bytes
///     in memory, 25 on disk
/// @param heldBytes bytes of what holds records, older versions and free room included: arrays in
///     memory, or files on disk
/// @param indexBytes bytes of memory for what finds records, roughly: indexes, or buffers and
///     caches of a store on disk
public record Footprint(long keys, long liveBytes, long heldBytes, long indexBytes) {}
