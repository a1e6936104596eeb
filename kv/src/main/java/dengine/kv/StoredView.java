package dengine.kv;

import dengine.engine.spi.StateMachine;
import java.io.IOException;
import java.io.OutputStream;
import java.util.concurrent.atomic.AtomicBoolean;

/// The contents of a [KvStore] at the revision that was published when the view was made. Pinned:
/// the writer goes on, and keeps what the view needs until it is closed.
final class StoredView implements StateMachine.View {

  private final Contents contents;
  private final Published at;
  private final int pin;
  private final AtomicBoolean closed = new AtomicBoolean();

  /// @param at published when `pin` was taken, or later
  StoredView(Contents contents, Published at, int pin) {
    this.contents = contents;
    this.at = at;
    this.pin = pin;
  }

  @Override
  public void writeTo(OutputStream out) throws IOException {
    StateOutput state = new StateOutput(out, at.revision(), at.time());
    PinnedRecord record = new PinnedRecord(contents.records, at.revision());
    IOException[] failure = new IOException[1];
    at.keys()
        .visitAll(
            slot -> {
              try {
                write(slot, record, state);
                return true;
              } catch (IOException e) {
                failure[0] = e;
                return false;
              }
            });
    if (failure[0] != null) {
      throw failure[0];
    }
    state.finish();
  }

  private void write(int slot, PinnedRecord record, StateOutput state) throws IOException {
    try {
      record.moveTo(slot);
    } catch (IllegalStateException gone) {
      // Without the pin records go; one that is still found is the right one all the same.
      if (closed.get()) {
        throw new IOException("the view was closed before all of it was written", gone);
      }
      throw gone;
    }
    byte[] slab = record.slab;
    int at = record.at;
    state.add(
        slab,
        at + Layout.HEADER_BYTES,
        Layout.keyLength(slab, at),
        Layout.valueLength(slab, at),
        Layout.create(slab, at),
        Layout.mod(slab, at),
        Layout.version(slab, at),
        Layout.deadline(slab, at));
  }

  @Override
  public void close() {
    // Once: by then the pin's cell may be another reader's.
    if (closed.compareAndSet(false, true)) {
      contents.pins.release(pin);
    }
  }
}
