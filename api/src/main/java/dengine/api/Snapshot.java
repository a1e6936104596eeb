package dengine.api;

/// A finished snapshot of one node.
///
/// @param nodeId whose it is
/// @param index place in the log of the last entry it includes
/// @param term of that entry
/// @param bytes length of its file
/// @param createdMillis when it was taken, in milliseconds since 1970
public record Snapshot(int nodeId, long index, long term, long bytes, long createdMillis) {}
