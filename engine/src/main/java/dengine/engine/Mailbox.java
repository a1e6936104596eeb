package dengine.engine;

import dengine.raft.Event;

/// Where those who work for the event loop report to. Any thread.
interface Mailbox {

  /// Something happened.
  ///
  /// @param inline whether this thread may run the turn that hears of it
  void tell(Event event, boolean inline);

  /// Tells of an event and ends calls, whose callers may submit their next ones at once.
  void tellAndEnd(Event event, Runnable completions);

  /// The state machine, or something else outside of the core, broke an invariant.
  default void fail(Throwable cause) {
    tell(new Event.StorageFailed(cause), false);
  }
}
