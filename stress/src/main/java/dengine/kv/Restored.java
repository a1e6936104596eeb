package dengine.kv;

import dengine.api.Bytes;
import dengine.api.KeyValue;
import dengine.engine.spi.StateMachine;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Optional;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/// What readers without a lock may see of a store that is given a snapshot, and goes on from it:
/// the old state or the new one.
public final class Restored {

  private static final Bytes LEFT = Bytes.of("left");
  private static final Bytes RIGHT = Bytes.of("right");

  /// Both keys are 2, at revision 10.
  private static final byte[] SNAPSHOT = snapshot();

  private Restored() {}

  /// Two reads of two keys that are 1 at first, 2 in the snapshot, and set to 3 right after it.
  @JCStressTest
  @Outcome(
      id = {"11, 11", "11, 22", "11, 33", "22, 22", "22, 33", "33, 33"},
      expect = Expect.ACCEPTABLE,
      desc = "both of one state, and never an older one than before")
  @Outcome(expect = Expect.FORBIDDEN, desc = "a mixture, or back in time")
  @State
  public static class Together {
    private final KvStore store = new KvStore(Limits.DEFAULT, 1);

    public Together() {
      store.apply(both(1, 1));
    }

    @Actor
    public void writer() {
      try {
        store.restore(new ByteArrayInputStream(SNAPSHOT), 11, 1);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      store.apply(both(12, 3));
    }

    @Actor
    public void reader(II_Result seen) {
      seen.r1 = read(store);
      seen.r2 = read(store);
    }
  }

  private static int read(KvStore store) {
    int sum = 0;
    for (Optional<KeyValue> value : store.getMany(List.of(LEFT, RIGHT)).values()) {
      sum = sum * 10 + value.map(found -> found.value().at(0)).orElse((byte) 0);
    }
    return sum;
  }

  private static byte[] snapshot() {
    KvStore store = new KvStore(Limits.DEFAULT, 1);
    store.apply(both(10, 2));
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (StateMachine.View view = store.view().orElseThrow()) {
      view.writeTo(out);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }

  private static Pair both(long index, int value) {
    Bytes number = Bytes.of((byte) value);
    return new Pair(
        index, new Command.Put(LEFT, number).encode(), new Command.Put(RIGHT, number).encode());
  }

  /// Two entries of the log.
  private record Pair(long index, byte[] first, byte[] second) implements StateMachine.Batch {

    @Override
    public int size() {
      return 2;
    }

    @Override
    public long index(int i) {
      return index + i;
    }

    @Override
    public long term(int i) {
      return 1;
    }

    @Override
    public long time(int i) {
      return 1;
    }

    @Override
    public boolean isCommand(int i) {
      return true;
    }

    @Override
    public byte[] command(int i) {
      return i == 0 ? first : second;
    }

    @Override
    public void complete(int i, Object result) {}
  }
}
