package dengine.kv;

import dengine.engine.spi.StateMachine;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;

/// Takes and gives snapshots in memory.
public final class Snapshots {

  private Snapshots() {}

  /// A snapshot of what the store is now.
  public static byte[] take(KeyValueStore store) {
    return write(store.view().orElseThrow());
  }

  /// Writes a view and closes it.
  public static byte[] write(StateMachine.View view) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (view) {
      view.writeTo(out);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }

  /// Gives a store a snapshot of this revision.
  public static void restore(KeyValueStore store, byte[] snapshot, long revision) {
    try {
      store.restore(new ByteArrayInputStream(snapshot), revision, TestBatch.timeOf(revision));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
