package dengine.kv;

import dengine.api.Bytes;
import dengine.engine.spi.StateMachine;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/// What a reader without a lock may see of a writer's batch: all of a record or nothing, and never
/// less than what it saw before. The values are so large that each has a slab of its own, which the
/// writer lets go of as soon as the value is replaced, and whose place in the directory the next
/// record takes.
///
/// A value is a number repeated; -1 stands for one that is torn, 0 for none.
public final class Publication {

  private static final Bytes KEY = Bytes.of("key");
  private static final int LENGTH = Slabs.LARGE_RECORD_BYTES;

  private Publication() {}

  /// Two reads of a key that is written for the first time and then replaced twice, so that slab
  /// and directory entry of the first value are used again.
  @JCStressTest
  @Outcome(
      id = {"0, 0", "0, 1", "0, 2", "0, 3", "1, 1", "1, 2", "1, 3", "2, 2", "2, 3", "3, 3"},
      expect = Expect.ACCEPTABLE,
      desc = "whole values, in the order they were written")
  @Outcome(expect = Expect.FORBIDDEN, desc = "torn, or back in time")
  @State
  public static class Replaced {
    private final KvStore store = new KvStore(Limits.DEFAULT, 1);

    @Actor
    public void writer() {
      put(store, 1, KEY);
      put(store, 2, KEY);
      put(store, 3, KEY);
    }

    @Actor
    public void reader(II_Result seen) {
      seen.r1 = number(store, KEY);
      seen.r2 = number(store, KEY);
    }
  }

  /// A key that is written and deleted: it is there or not, and does not come back.
  @JCStressTest
  @Outcome(
      id = {"0, 0", "0, 1", "1, 1", "1, 0"},
      expect = Expect.ACCEPTABLE,
      desc = "a whole value, or none")
  @Outcome(expect = Expect.FORBIDDEN, desc = "torn")
  @State
  public static class Deleted {
    private final KvStore store = new KvStore(Limits.DEFAULT, 1);

    @Actor
    public void writer() {
      put(store, 1, KEY);
      store.apply(new Single(store.revision() + 1, new Command.Delete(KEY).encode()));
    }

    @Actor
    public void reader(II_Result seen) {
      seen.r1 = number(store, KEY);
      seen.r2 = number(store, KEY);
    }
  }

  private static void put(KvStore store, int value, Bytes key) {
    byte[] bytes = new byte[LENGTH];
    bytes[0] = (byte) value;
    bytes[LENGTH / 2] = (byte) value;
    bytes[LENGTH - 1] = (byte) value;
    store.apply(new Single(store.revision() + 1, new Command.Put(key, Bytes.wrap(bytes)).encode()));
  }

  private static int number(KvStore store, Bytes key) {
    byte[] value = store.value(key);
    if (value == null) {
      return 0;
    }
    boolean whole =
        value.length == LENGTH
            && value[0] == value[LENGTH / 2]
            && value[0] == value[LENGTH - 1]
            && value[0] != 0;
    return whole ? value[0] : -1;
  }

  /// One entry of the log.
  private record Single(long index, byte[] command) implements StateMachine.Batch {

    @Override
    public int size() {
      return 1;
    }

    @Override
    public long index(int i) {
      return index;
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
      return command;
    }

    @Override
    public void complete(int i, Object result) {}
  }
}
