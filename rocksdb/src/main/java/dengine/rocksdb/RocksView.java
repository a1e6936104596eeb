package dengine.rocksdb;

import dengine.engine.spi.StateMachine;
import dengine.kv.StateOutput;
import java.io.IOException;
import java.io.OutputStream;
import java.util.concurrent.atomic.AtomicInteger;

/// The store at one moment. As long as the view is open, files and memory keep what was replaced
/// since.
final class RocksView implements StateMachine.View {

  private static final int OPEN = 0;
  private static final int WRITING = 1;
  private static final int CLOSED = 2;

  private final Moment moment;
  private final AtomicInteger state = new AtomicInteger(OPEN);
  private volatile boolean closed;

  /// @param moment held for the view
  RocksView(Moment moment) {
    this.moment = moment;
  }

  @Override
  public void writeTo(OutputStream out) throws IOException {
    if (!state.compareAndSet(OPEN, WRITING)) {
      throw new IOException("the view is closed, or was written already");
    }
    try {
      Applied applied = moment.applied;
      StateOutput stream = new StateOutput(out, applied.revision(), applied.time());
      moment.forEach(
          (content, at, keyLength, valueLength, create, mod, version, deadline) -> {
            if (closed) {
              throw new IOException("the view was closed before all of it was written");
            }
            stream.add(content, at, keyLength, valueLength, create, mod, version, deadline);
          });
      stream.finish();
      // The log may be cut off at a snapshot: by then what the log had is in files here.
      moment.database.flush();
    } finally {
      state.set(OPEN);
      if (closed) {
        letGo();
      }
    }
  }

  @Override
  public void close() {
    closed = true;
    letGo();
  }

  /// Unless it is being written: a native iterator that is at work must not lose its database, so
  /// then the thread that writes lets go.
  private void letGo() {
    if (state.compareAndSet(OPEN, CLOSED)) {
      moment.release();
    }
  }
}
