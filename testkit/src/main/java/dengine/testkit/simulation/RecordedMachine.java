package dengine.testkit.simulation;

import dengine.engine.spi.StateMachine;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A state machine of somebody's own, with a record of what it was given and what it made of it.
/// Commands carry a serial number in front, of which the machine knows nothing.
final class RecordedMachine<M extends StateMachine> implements StateMachine {

  static final int SERIAL_BYTES = 8;

  /// What a call that was applied ends with.
  record Done(long index, @Nullable Object result) {}

  private final int node;
  private final M machine;
  private final Chronicle chronicle;
  private final boolean slow;
  private long lastIndex;

  RecordedMachine(int node, M machine, Chronicle chronicle, boolean slow) {
    this.node = node;
    this.machine = machine;
    this.chronicle = chronicle;
    this.slow = slow;
  }

  static byte[] numbered(long serial, byte[] command) {
    return ByteBuffer.allocate(SERIAL_BYTES + command.length).putLong(serial).put(command).array();
  }

  M machine() {
    return machine;
  }

  /// Up to where it has applied in this life.
  long lastIndex() {
    return lastIndex;
  }

  @Override
  public boolean neverWaits() {
    return !slow && machine.neverWaits();
  }

  @Override
  public void apply(Batch batch) {
    Watched watched = new Watched(batch);
    machine.apply(watched);
    for (int i = 0; i < batch.size(); i++) {
      Chronicle.Applied applied =
          new Chronicle.Applied(
              batch.term(i),
              batch.time(i),
              batch.isCommand(i) ? watched.serial(i) : 0,
              batch.isCommand(i) ? watched.command(i) : new byte[0],
              watched.results[i]);
      chronicle.applied(node, batch.index(i), applied);
      batch.complete(i, new Done(batch.index(i), watched.results[i]));
    }
    lastIndex = batch.index(batch.size() - 1);
  }

  @Override
  public Optional<View> view() {
    return machine.view();
  }

  @Override
  public void restore(InputStream snapshot, long index, long term, long time) throws IOException {
    machine.restore(snapshot, index, term, time);
    lastIndex = index;
  }

  @Override
  public void close() {
    machine.close();
  }

  /// The same batch without the serial numbers.
  private static final class Watched implements Batch {
    private final Batch batch;
    private final @Nullable Object[] results;

    Watched(Batch batch) {
      this.batch = batch;
      this.results = new @Nullable Object[batch.size()];
    }

    long serial(int i) {
      return ByteBuffer.wrap(batch.command(i)).getLong();
    }

    @Override
    public int size() {
      return batch.size();
    }

    @Override
    public long index(int i) {
      return batch.index(i);
    }

    @Override
    public long term(int i) {
      return batch.term(i);
    }

    @Override
    public long time(int i) {
      return batch.time(i);
    }

    @Override
    public boolean isCommand(int i) {
      return batch.isCommand(i);
    }

    @Override
    public byte[] command(int i) {
      byte[] bytes = batch.command(i);
      return isCommand(i) ? Arrays.copyOfRange(bytes, SERIAL_BYTES, bytes.length) : bytes;
    }

    @Override
    public void complete(int i, Object result) {
      results[i] = result;
    }
  }
}
