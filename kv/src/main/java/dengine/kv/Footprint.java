package dengine.kv;

/// How large a store is, as of its last applied batch.
///
/// @param keys number of keys
/// @param liveBytes bytes of the newest records: keys, values, and 44 to 51 bytes of header each
/// @param slabBytes bytes of the arrays that hold records, older versions and free room included
/// @param indexBytes bytes of the indexes, roughly
public record Footprint(long keys, long liveBytes, long slabBytes, long indexBytes) {}
