package dengine.engine;

/// What a node's storage has done since it was started, and has yet to do.
///
/// @param forces syncs of the log
/// @param forceNanos nanoseconds they took in all
/// @param disposalBytes bytes that are needed for nothing any more and still take space
public record StorageActivity(long forces, long forceNanos, long disposalBytes) {}
