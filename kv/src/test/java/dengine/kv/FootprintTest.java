package dengine.kv;

import static org.assertj.core.api.Assertions.assertThat;

import dengine.api.Bytes;
import java.nio.ByteBuffer;
import java.util.Random;
import org.junit.jupiter.api.Test;

class FootprintTest {

  private static final int KEYS = 200_000;
  private static final int KEY_BYTES = 8;
  private static final int VALUE_BYTES = 256;

  private final KvStore store = new KvStore();
  private final Random random = new Random(1);

  @Test
  void aKeyTakesLessThanAHundredBytesBesidesItsContent() {
    long before = usedHeap();
    fill();
    long used = usedHeap() - before;

    Footprint footprint = store.footprint();
    long payload = (long) KEYS * (KEY_BYTES + VALUE_BYTES);
    assertThat(footprint.keys()).isEqualTo(KEYS);
    assertThat((footprint.heldBytes() + footprint.indexBytes() - payload) / KEYS)
        .isBetween(50L, 100L);
    // What the collector says, other things in the heap included.
    assertThat((used - payload) / KEYS).isLessThan(110);
  }

  @Test
  void overwritingDoesNotMakeTheStoreGrow() {
    fill();
    long largest = 0;
    for (int i = 0; i < 1200; i++) {
      TestBatch batch = new TestBatch(store.revision() + 1);
      for (int j = 0; j < 200; j++) {
        batch.add(put(random.nextInt(KEYS)));
      }
      store.apply(batch);
      largest = Math.max(largest, store.footprint().heldBytes());
    }

    Footprint footprint = store.footprint();
    System.out.println("largest=" + largest + " " + footprint);
    assertThat(footprint.keys()).isEqualTo(KEYS);
    assertThat(largest).isLessThan(footprint.liveBytes() * 5 / 2);
  }

  /// What a renewal leaves behind lies far in the future.
  @Test
  void renewingKeysDoesNotMakeTheStoreGrow() {
    long largest = 0;
    for (int i = 0; i < 500; i++) {
      TestBatch batch = new TestBatch(store.revision() + 1);
      for (int j = 0; j < 1000; j++) {
        Bytes key = Bytes.of("k" + random.nextInt(100));
        batch.add(new Command.Put(key, Bytes.EMPTY, 100_000_000 + random.nextInt(1000)).encode());
      }
      store.apply(batch);
      largest = Math.max(largest, store.footprint().indexBytes());
    }

    assertThat(store.footprint().keys()).isEqualTo(100);
    assertThat(largest).isLessThan(200_000);
  }

  /// Always the same deadline: what is removed is due when what comes after it is.
  @Test
  void keysThatComeAndGoBeforeOneMomentDoNotMakeTheStoreGrow() {
    long midnight = 1_000_000_000;
    for (int i = 0; i < 100; i++) {
      TestBatch batch = new TestBatch(store.revision() + 1);
      for (int j = 0; j < 500; j++) {
        Bytes key = Bytes.of("k" + random.nextInt(100));
        long now = TestBatch.timeOf(store.revision() + 2L * j + 1);
        batch.add(new Command.Put(key, Bytes.EMPTY, midnight - now).encode());
        batch.add(new Command.Delete(key).encode());
      }
      store.apply(batch);
    }

    assertThat(store.footprint().keys()).isZero();
    assertThat(store.nextDeadline()).isEqualTo(Long.MAX_VALUE);
    assertThat(store.footprint().indexBytes()).isLessThan(100_000);
  }

  @Test
  void deletingEverythingGivesTheMemoryBack() {
    fill();
    long full = store.footprint().heldBytes();

    for (int i = 0; i < KEYS; ) {
      TestBatch batch = new TestBatch(store.revision() + 1);
      for (int j = 0; j < 1000; j++) {
        batch.add(new Command.Delete(key(i++)).encode());
      }
      store.apply(batch);
    }
    for (int i = 0; i < 100; i++) {
      TestBatch.apply(store, new Command.Put(key(0), Bytes.EMPTY));
    }

    assertThat(store.footprint().keys()).isEqualTo(1);
    assertThat(store.footprint().heldBytes()).isLessThan(full / 4);
  }

  @Test
  void largeValuesGoAsSoonAsTheyAreReplaced() {
    for (int i = 0; i < 500; i++) {
      Bytes value = Bytes.wrap(new byte[1 << 20]);
      TestBatch.apply(store, new Command.Put(key(i % 5), value));

      // Five of them, the one just replaced, and a slab for small ones.
      assertThat(store.footprint().heldBytes()).isLessThan(8 << 20);
    }
  }

  private void fill() {
    for (int i = 0; i < KEYS; ) {
      TestBatch batch = new TestBatch(store.revision() + 1);
      for (int j = 0; j < 1000; j++) {
        batch.add(put(i++));
      }
      store.apply(batch);
    }
  }

  private static byte[] put(int number) {
    return new Command.Put(key(number), Bytes.wrap(new byte[VALUE_BYTES])).encode();
  }

  /// In another order than that of the numbers.
  private static Bytes key(int number) {
    long scattered = number * 0x9e3779b97f4a7c15L;
    return Bytes.wrap(ByteBuffer.allocate(KEY_BYTES).putLong(scattered).array());
  }

  private static long usedHeap() {
    Runtime runtime = Runtime.getRuntime();
    long used = Long.MAX_VALUE;
    for (int i = 0; i < 3; i++) {
      System.gc();
      used = Math.min(used, runtime.totalMemory() - runtime.freeMemory());
    }
    return used;
  }
}
