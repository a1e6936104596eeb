package dengine.api;

import java.util.Optional;

/// What a [Watch] tells.
public sealed interface WatchEvent {

  /// Place in the log of the entry that made the change, as in the answer to whoever wrote it;
  /// several changes may share one. What [Progress] and [Canceled] mean by it they say themselves.
  long revision();

  /// A change of a key.
  sealed interface Change extends WatchEvent {

    /// The key that changed.
    Bytes key();

    /// What was stored before; empty if nothing was, or if the watch did not ask for it, see
    /// [WatchOptions#previousValues].
    Optional<Bytes> previous();
  }

  /// A value was stored.
  record Put(long revision, Bytes key, Bytes value, Optional<Bytes> previous) implements Change {}

  /// A key was removed.
  ///
  /// @param expired whether its time to live did it
  record Delete(long revision, Bytes key, Optional<Bytes> previous, boolean expired)
      implements Change {}

  /// The watch is alive. Comes every now and then while nothing else does, as the node is
  /// configured.
  ///
  /// @param revision every change up to it was told
  record Progress(long revision) implements WatchEvent {}

  /// The last event: the watch could not go on.
  ///
  /// @param revision every change up to it was told
  /// @param oldest the oldest revision that a watch on the same node can start from; 0 if it is not
  ///     known
  /// @param message what happened and what to do, for people
  record Canceled(long revision, Reason reason, long oldest, String message)
      implements WatchEvent {}

  /// Why a watch could not go on.
  enum Reason {

    /// Events were not taken as fast as they came. Those up to [Canceled#revision] were told;
    /// start again after it, or read what is there now and watch from there.
    BUFFER_OVERFLOW,

    /// The node has no history of what came next, or not what was stored before as was asked for:
    /// it took in a snapshot, or was asked for too old a revision. Read what is there now and watch
    /// from there.
    COMPACTED,

    /// The node stopped, or the client was closed.
    STOPPED
  }
}
