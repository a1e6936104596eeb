package dengine.engine;

import dengine.engine.spi.StateMachine;
import dengine.raft.SnapshotPoint;
import java.util.Optional;

/// What became of asking the state machine for a view.
sealed interface StateView {

  /// A view.
  ///
  /// @param point where it was taken; empty if no snapshot can be taken there
  /// @param view to be closed by whoever gets this; empty if the machine takes no snapshots
  /// @param keepFrom the first entry the log keeps beside a snapshot of it
  /// @param totalBytes of all entries applied by this process
  record Taken(
      Optional<SnapshotPoint> point,
      Optional<StateMachine.View> view,
      long keepFrom,
      long totalBytes)
      implements StateView {

    @Override
    public void release() {
      view.ifPresent(StateMachine.View::close);
    }
  }

  /// The machine threw this.
  record Failed(Throwable cause) implements StateView {

    @Override
    public void release() {}
  }

  /// Closes the view, if there is one.
  void release();
}
