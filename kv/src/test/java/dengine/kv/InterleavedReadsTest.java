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

/// Lets a model checker run one writer and two readers in every order it can think of, switching
/// between any two accesses to shared memory. Values are so large that each has a slab of its own,
/// which goes as soon as the value is replaced: so readers meet records that are gone.
@Param(name = "key", gen = IntGen.class, conf = "1:2")
@Param(name = "value", gen = IntGen.class, conf = "1:9")
@SuppressWarnings("missing-explicit-ctor") // public because the model checker asks for it
public class InterleavedReadsTest {

  private static final Bytes[] KEYS = {Bytes.of("0"), Bytes.of("1"), Bytes.of("2")};

  private final KvStore store = new KvStore(Limits.DEFAULT, 1);

  @Test
  void everyInterleavingLooksLikeOneAfterTheOther() {
    new ModelCheckingOptions()
        .iterations(4)
        .invocationsPerIteration(40)
        .threads(3)
        .actorsPerThread(2)
        .actorsBefore(1)
        .actorsAfter(1)
        // Bytes that nobody changes once they can be reached; and the tool does not know this way
        // to read numbers from them.
        .addGuarantee(
            ManagedStrategyGuaranteeKt.forClasses(
                    Layout.class.getName(),
                    KeyHash.class.getName(),
                    CommandWriter.class.getName(),
                    CommandView.class.getName())
                .allMethods()
                .ignore())
        .sequentialSpecification(SortedMap.class)
        .check(InterleavedReadsTest.class);
  }

  @Operation(nonParallelGroup = "writer")
  public void put(@Param(name = "key") int key, @Param(name = "value") int value) {
    store.apply(TestBatch.after(store, new Command.Put(KEYS[key], large(value))));
  }

  @Operation(nonParallelGroup = "writer")
  public void putTwiceAndBoth(@Param(name = "value") int value) {
    store.apply(
        TestBatch.after(
            store,
            new Command.Put(KEYS[1], large(100)),
            new Command.Put(KEYS[1], large(value)),
            new Command.Put(KEYS[2], large(value))));
  }

  @Operation(nonParallelGroup = "writer")
  public void delete(@Param(name = "key") int key) {
    store.apply(TestBatch.after(store, new Command.Delete(KEYS[key])));
  }

  @Operation
  public int get(@Param(name = "key") int key) {
    return number(store.get(KEYS[key]));
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

  private static Bytes large(int value) {
    byte[] bytes = new byte[Slabs.LARGE_RECORD_BYTES];
    bytes[0] = (byte) value;
    return Bytes.wrap(bytes);
  }

  private static int number(Optional<KeyValue> entry) {
    return entry.isPresent() ? entry.get().value().at(0) : 0;
  }

  /// What the store should look like to everybody.
  public static final class SortedMap {
    private final Map<Integer, Integer> content = new TreeMap<>();

    public void put(int key, int value) {
      content.put(key, value);
    }

    public void putTwiceAndBoth(int value) {
      put(1, value);
      put(2, value);
    }

    public void delete(int key) {
      content.remove(key);
    }

    public int get(int key) {
      return content.getOrDefault(key, 0);
    }

    public int getBoth() {
      return 1000 * get(1) + get(2);
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
