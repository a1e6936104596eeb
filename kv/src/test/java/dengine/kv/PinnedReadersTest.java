package dengine.kv;

import static org.assertj.core.api.Assertions.assertThat;

import dengine.api.Bytes;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// What a reader that works at an old revision finds while the writer goes on; the two take turns
/// on one thread here.
class PinnedReadersTest {

  private final Records records = new Records();
  private final HashIndex index = new HashIndex(records);
  private final Pins pins = new Pins();
  private final Writer writer = new Writer(records, index, 1, ExpiryBudget.DEFAULT);
  private long revision;

  @Test
  void aDeletedKeyStaysUntilNobodyReadsBeforeItsDeletion() {
    Bytes key = Bytes.of("key");
    Published before = apply(new Command.Put(key, Bytes.of("old")));
    int pin = pins.pin(before.revision());

    apply(new Command.Delete(key));
    for (int i = 0; i < 3000; i++) {
      apply(new Command.Put(Bytes.of("other" + i % 10), Bytes.wrap(new byte[1000])));
    }

    assertThat(values(before)).containsExactly("old");
    assertThat(find(key)).isNotEqualTo(Slabs.NONE);
    assertThat(records.visible(find(key), before.revision())).isNotEqualTo(Slabs.NONE);
    assertThat(records.visible(find(key), revision)).isEqualTo(Slabs.NONE);

    pins.release(pin);
    apply(new Command.Put(Bytes.of("other"), Bytes.EMPTY));
    assertThat(find(key)).isEqualTo(Slabs.NONE);
  }

  @Test
  void aSlotThatIsUsedAgainIsNotSeenByOlderReaders() {
    Bytes first = Bytes.of("first");
    apply(new Command.Put(first, Bytes.of("1")));
    Published empty = apply(new Command.Delete(first));
    int pin = pins.pin(empty.revision());
    apply(new Command.Put(Bytes.of("second"), Bytes.of("2")));

    assertThat(values(empty)).isEmpty();
    long second = find(Bytes.of("second"));
    assertThat(Layout.slot(records.held(second).bytes, Slabs.offset(second))).isZero();
    assertThat(records.visible(second, empty.revision())).isEqualTo(Slabs.NONE);
    pins.release(pin);
  }

  @Test
  void everyPinnedRevisionStaysReadableWhileRecordsMove() {
    long seed = Long.getLong("seed", System.nanoTime());
    System.out.println("seed=" + seed);
    Random random = new Random(seed);
    record Reader(int pin, Published at, List<String> expected) {}
    List<Reader> readers = new ArrayList<>();
    Published now = Published.NOTHING;
    for (int i = 0; i < 20_000; i++) {
      Bytes key = Bytes.of("key" + random.nextInt(20_000));
      byte[] value = new byte[10 + random.nextInt(1000)];
      random.nextBytes(value);
      now =
          apply(
              random.nextInt(6) == 0
                  ? new Command.Delete(key)
                  : new Command.Put(key, Bytes.wrap(value)));
      if (random.nextInt(1000) == 0) {
        readers.add(new Reader(pins.pin(now.revision()), now, values(now)));
      }
      if (readers.size() > 4 || (!readers.isEmpty() && random.nextInt(1500) == 0)) {
        Reader reader = readers.remove(random.nextInt(readers.size()));
        assertThat(values(reader.at())).as("seed=%s", seed).isEqualTo(reader.expected());
        pins.release(reader.pin());
      }
    }
    for (Reader reader : readers) {
      assertThat(values(reader.at())).as("seed=%s", seed).isEqualTo(reader.expected());
      pins.release(reader.pin());
    }
    now = apply(new Command.Put(Bytes.of("last"), Bytes.EMPTY));
    assertThat(now.heldBytes()).isLessThan(now.liveBytes() * 5 / 2 + (8 << 20));
  }

  @Test
  void moreReadersThanCellsArePinnedToo() {
    List<Integer> taken = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      taken.add(pins.pin(1000 - i));
    }

    assertThat(pins.oldest(2000)).isEqualTo(801);
    assertThat(taken).doesNotHaveDuplicates();

    taken.forEach(pins::release);
    assertThat(pins.oldest(2000)).isEqualTo(2000);
  }

  private Published apply(Command command) {
    TestBatch batch = new TestBatch(++revision);
    batch.add(command.encode());
    Published now = writer.apply(batch);
    writer.tidy(now.revision(), batch.size(), pins);
    return now;
  }

  private long find(Bytes key) {
    byte[] bytes = key.unsafeArray();
    return index.find(KeyHash.of(1, bytes, 0, bytes.length), bytes, 0, bytes.length);
  }

  private List<String> values(Published at) {
    List<String> values = new ArrayList<>();
    PinnedRecord record = new PinnedRecord(records, at.revision());
    at.keys()
        .visitAll(
            slot -> {
              record.moveTo(slot);
              values.add(Bytes.wrap(Layout.value(record.slab, record.at)).toString());
              return true;
            });
    return values;
  }
}
