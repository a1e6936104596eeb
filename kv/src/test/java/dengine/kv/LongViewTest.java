package dengine.kv;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dengine.api.Bytes;
import dengine.engine.spi.StateMachine.View;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// What a view that stays open for long costs.
class LongViewTest {

  private static final int KEYS = 20_000;
  private static final int VALUE_BYTES = 256;
  private static final int RECORD_BYTES = Layout.size(8, VALUE_BYTES, false);

  private final KvStore store = new KvStore();
  private final Random random = new Random(1);

  @Test
  void whileAViewIsOpenTheStoreGrowsByWhatIsWrittenAndNotByMore() {
    for (int i = 0; i < KEYS; i += 1000) {
      write(i, 1000);
    }
    View view = store.view().orElseThrow();
    long before = store.footprint().heldBytes();

    overwrite(5 * KEYS);

    long written = 5L * KEYS * RECORD_BYTES;
    assertThat(store.footprint().heldBytes())
        .isBetween(before + written / 2, before + written + written / 100 + (2 << 20));

    view.close();
    overwrite(2 * KEYS);
    assertThat(store.footprint().heldBytes())
        .isLessThan(store.footprint().liveBytes() * 5 / 2 + (8 << 20));
  }

  @Test
  void afterALongViewABatchLetsGoOfABoundedNumberOfSlabs() {
    Slabs slabs = new Slabs();
    int count = Slabs.MOST_DROPPED + 30;
    for (int i = 0; i < count; i++) {
      large(slabs);
    }
    slabs.reclaim(100, 50);
    assertThat(slabs.allBytes()).isEqualTo((long) count * (Slabs.LARGE_RECORD_BYTES + 8));

    slabs.reclaim(101, 101);
    assertThat(slabs.allBytes()).isEqualTo(30L * (Slabs.LARGE_RECORD_BYTES + 8));

    slabs.reclaim(102, 102);
    assertThat(slabs.allBytes()).isZero();
  }

  @Test
  void aBatchLetsGoOfMoreThanItEmptiedHoweverManyThatAre() {
    Slabs slabs = new Slabs();
    int count = Slabs.MOST_DROPPED + 30;
    for (int i = 0; i < count; i++) {
      large(slabs);
    }

    slabs.reclaim(100, 100);

    assertThat(slabs.allBytes()).isZero();
  }

  @Test
  void aViewThatIsClosedWhileItIsWrittenFailsInsteadOfBeingIncomplete() {
    for (int i = 0; i < KEYS; i += 1000) {
      write(i, 1000);
    }
    View view = store.view().orElseThrow();
    OutputStream closing =
        new ByteArrayOutputStream() {
          @Override
          public synchronized void write(byte[] bytes, int offset, int length) {
            if (size() == 0) {
              view.close();
              overwrite(5 * KEYS);
            }
            super.write(bytes, offset, length);
          }
        };

    assertThatThrownBy(() -> view.writeTo(closing))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("closed");
  }

  @Test
  void closingAViewTwiceLetsGoOfNobodyElsesPin() {
    write(0, 100);
    View first = store.view().orElseThrow();
    first.close();
    View second = store.view().orElseThrow();
    byte[] expected = Snapshots.take(store);

    first.close();
    for (int i = 0; i < 100; i++) {
      write(0, 100);
    }

    assertThat(Snapshots.write(second)).isEqualTo(expected);
  }

  private static void large(Slabs slabs) {
    int size = Slabs.LARGE_RECORD_BYTES + 8;
    Slab slab = slabs.withRoom(size);
    slab.take(size);
    slabs.superseded(slab, size);
  }

  private void overwrite(int records) {
    for (int i = 0; i < records; i += 100) {
      write(random.nextInt(KEYS - 100), 100);
    }
  }

  private void write(int first, int records) {
    TestBatch batch = new TestBatch(store.revision() + 1);
    for (int i = first; i < first + records; i++) {
      // Neighbours in a batch lie far apart.
      Bytes key = Bytes.of("%08d".formatted(i * 7919L % KEYS));
      batch.add(new Command.Put(key, Bytes.wrap(new byte[VALUE_BYTES])).encode());
    }
    store.apply(batch);
  }
}
