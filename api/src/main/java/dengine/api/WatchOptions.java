package dengine.api;

/// How to watch: `WatchOptions.DEFAULT.from(revision).withPreviousValues()`.
///
/// @param fromRevision first revision whose changes are told; 0 for those that come after the watch
///     began
/// @param previousValues whether each change tells what was stored before
/// @param bufferSize most events that wait to be taken, 1 to [#LARGEST_BUFFER]; 0 for as many as
///     the node is configured with, which is also the most it grants
public record WatchOptions(long fromRevision, boolean previousValues, int bufferSize) {

  /// Most events any watch may have waiting.
  public static final int LARGEST_BUFFER = 1 << 20;

  /// What changes from now on, without what was there before.
  public static final WatchOptions DEFAULT = new WatchOptions(0, false, 0);

  public WatchOptions {
    if (fromRevision < 0) {
      throw new InvalidRequestException("from revision", fromRevision, ">= 0");
    }
    if (bufferSize < 0 || bufferSize > LARGEST_BUFFER) {
      throw new InvalidRequestException("buffer size", bufferSize, "0 to " + LARGEST_BUFFER);
    }
  }

  /// The same beginning with the changes of this revision. A node keeps a bounded number of the
  /// latest changes; what is older is refused, see [CompactedException]. A revision that is yet to
  /// come is not, however far it is: the watch begins, and tells no change before that one. Whoever
  /// took the number from another cluster, say, waits for long; the revision of a read tells.
  public WatchOptions from(long revision) {
    return new WatchOptions(revision, previousValues, bufferSize);
  }

  /// The same with what was stored before each change. A node finds that out only while somebody
  /// wants it, so a watch with previous values that starts in the past may be refused where one
  /// without them is not.
  public WatchOptions withPreviousValues() {
    return new WatchOptions(fromRevision, true, bufferSize);
  }

  /// The same with at most so many events that wait to be taken, and no more than the node's own
  /// setting (`raft.watch.watcher_buffer_size`, or `EngineConfig.withWatch`).
  public WatchOptions bufferSize(int events) {
    return new WatchOptions(fromRevision, previousValues, events);
  }
}
