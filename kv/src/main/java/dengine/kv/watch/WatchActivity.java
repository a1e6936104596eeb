package dengine.kv.watch;

/// What a node does for those who watch.
///
/// @param watchers how many there are
/// @param delivered events told so far, without progress and last ones
/// @param overflows watches that ended because they were too slow, so far
/// @param oldestRevision the oldest revision that a watch may start from
/// @param historySize changes that are kept
/// @param historyBytes bytes that they hold, roughly
/// @param expiries changes so far that removed a key whose time had come, whether anybody watched
///     it or not
public record WatchActivity(
    int watchers,
    long delivered,
    long overflows,
    long oldestRevision,
    long historySize,
    long historyBytes,
    long expiries) {}
