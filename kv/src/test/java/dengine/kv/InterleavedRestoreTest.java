package dengine.kv;

import dengine.api.Bytes;
import dengine.api.KeyValue;
import dengine.api.Scan;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.ManagedStrategyGuaranteeKt;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.junit.jupiter.api.Test;

/// Lets a model checker run readers beside a writer that applies and is given snapshots, switching
/// between any two accesses to shared memory: each reader sees the old state or the new one.
@Param(name = "value", gen = IntGen.class, conf = "1:9")
@SuppressWarnings("missing-explicit-ctor") // public because the model checker asks for it
public class InterleavedRestoreTest {

  private static final Bytes[] KEYS = {Bytes.of("0"), Bytes.of("1"), Bytes.of("2")};

  private final KvStore store = new KvStore(Limits.DEFAULT, 1);

  @Test
  void everyInterleavingLooksLikeOneAfterTheOther() {
    new ModelCheckingOptions()
        .iterations(3)
        .invocationsPerIteration(30)
        .threads(3)
        .actorsPerThread(2)
        .actorsBefore(1)
        .actorsAfter(1)
        // What one thread alone has, and bytes that nobody changes once they can be reached.
        .addGuarantee(
            ManagedStrategyGuaranteeKt.forClasses(
                    Layout.class.getName(),
                    KeyHash.class.getName(),
                    CommandWriter.class.getName(),
                    CommandView.class.getName(),
                    StateDigest.class.getName(),
                    StateOutput.class.getName(),
                    StateInput.class.getName())
                .allMethods()
                .ignore())
        .sequentialSpecification(SortedMap.class)
        .check(InterleavedRestoreTest.class);
  }

  @Operation(nonParallelGroup = "writer")
  public void putBoth(@Param(name = "value") int value) {
    store.apply(
        TestBatch.after(
            store,
            new Command.Put(KEYS[1], Bytes.of((byte) value)),
            new Command.Put(KEYS[2], Bytes.of((byte) value))));
  }

  /// Gives the store a snapshot in which key 1 has this value and key 2 is not.
  @Operation(nonParallelGroup = "writer")
  public void restore(@Param(name = "value") int value) {
    KvStore other = new KvStore(Limits.DEFAULT, 1);
    TestBatch batch = new TestBatch(store.revision() + 1);
    batch.add(new Command.Put(KEYS[1], Bytes.of((byte) value)).encode());
    other.apply(batch);
    Snapshots.restore(store, Snapshots.take(other), other.revision());
  }

  @Operation
  public int get() {
    return number(store.get(KEYS[2]));
  }

  @Operation
  public int getBoth() {
    List<Optional<KeyValue>> both = store.getMany(List.of(KEYS[1], KEYS[2])).values();
    return 1000 * number(both.get(0)) + number(both.get(1));
  }

  @Operation
  public int scan() {
    int sum = 0;
    for (KeyValue entry : store.scan(Scan.prefix(Bytes.EMPTY)).entries()) {
      sum = sum * 1000 + number(Optional.of(entry));
    }
    return sum;
  }

  private static int number(Optional<KeyValue> entry) {
    return entry.isPresent() ? entry.get().value().at(0) : 0;
  }

  /// What the store should look like to everybody.
  public static final class SortedMap {
    private final Map<Integer, Integer> content = new TreeMap<>();

    public void putBoth(int value) {
      content.put(1, value);
      content.put(2, value);
    }

    public void restore(int value) {
      content.clear();
      content.put(1, value);
    }

    public int get() {
      return content.getOrDefault(2, 0);
    }

    public int getBoth() {
      return 1000 * content.getOrDefault(1, 0) + get();
    }

    public int scan() {
      int sum = 0;
      for (int value : content.values()) {
        sum = sum * 1000 + value;
      }
      return sum;
    }
  }
}
