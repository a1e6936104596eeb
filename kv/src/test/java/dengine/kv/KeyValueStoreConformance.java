package dengine.kv;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dengine.api.Bytes;
import dengine.api.KeyValue;
import dengine.api.Page;
import dengine.api.Scan;
import dengine.api.Values;
import dengine.engine.spi.StateMachine;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/// All that a key-value store must do: commands and reads, and here snapshots, and readers beside
/// the writer. Extend it and say how a store is made.
@SuppressWarnings("missing-explicit-ctor") // extended in the packages of other stores
public abstract class KeyValueStoreConformance extends WatchConformance {

  private static final Bytes LEFT = Bytes.of("left");
  private static final Bytes RIGHT = Bytes.of("right");

  /// Every how many bytes a snapshot is cut off and damaged; more than 1 where that takes long.
  protected int damageStride() {
    return 1;
  }

  @Test
  void aSnapshotGivesTheSameStateElsewhere() {
    fill(store, 500);
    KeyValueStore other = open(Limits.DEFAULT);

    Snapshots.restore(other, Snapshots.take(store), store.revision());

    assertThat(other.stateHash()).isEqualTo(store.stateHash());
    assertThat(other.revision()).isEqualTo(store.revision());
    assertThat(other.footprint().keys()).isEqualTo(store.footprint().keys());
    assertThat(Snapshots.take(other)).isEqualTo(Snapshots.take(store));
  }

  @Test
  void whatIsAppliedAfterASnapshotGoesOnFromIt() {
    fill(store, 500);
    KeyValueStore other = open(Limits.DEFAULT);
    Snapshots.restore(other, Snapshots.take(store), store.revision());

    TestBatch batch = new TestBatch(store.revision() + 1);
    for (int i = 0; i < 300; i++) {
      batch.add(command(7 * i).encode());
    }
    store.apply(batch);
    other.apply(batch);

    assertThat(Snapshots.take(other)).isEqualTo(Snapshots.take(store));
  }

  @Test
  void anEmptyStoreHasASnapshotToo() {
    KeyValueStore other = open(Limits.DEFAULT);

    Snapshots.restore(other, Snapshots.take(store), 0);
    TestBatch.apply(other, new Command.Put(LEFT, RIGHT));

    assertThat(other.get(LEFT)).contains(new KeyValue(LEFT, RIGHT, 1, 1, 1));
  }

  @Test
  void aSnapshotReplacesAllThatWasThere() {
    KeyValueStore other = open(Limits.DEFAULT);
    fill(other, 700);
    byte[] snapshot = Snapshots.take(other);
    TestBatch.apply(store, new Command.Put(Bytes.of("zzz/only here"), LEFT));
    TestBatch.apply(store, new Command.Put(Bytes.of("key3"), LEFT));

    Snapshots.restore(store, snapshot, other.revision());

    assertThat(store.get(Bytes.of("zzz/only here"))).isEmpty();
    assertThat(Snapshots.take(store)).isEqualTo(snapshot);
  }

  @Test
  void aViewStaysAsItWasWhileTheStoreGoesOn() {
    fill(store, 400);
    byte[] expected = Snapshots.take(store);
    StateMachine.View view = store.view().orElseThrow();

    for (int i = 0; i < 100; i++) {
      fill(store, 30);
    }
    deleteAll(store);

    assertThat(Snapshots.write(view)).isEqualTo(expected);
  }

  @Test
  void aViewOfTheOldStateStaysReadableAfterARestore() {
    fill(store, 100);
    byte[] expected = Snapshots.take(store);
    StateMachine.View view = store.view().orElseThrow();
    KeyValueStore other = open(Limits.DEFAULT);
    fill(other, 300);

    Snapshots.restore(store, Snapshots.take(other), other.revision());
    fill(store, 300);

    assertThat(Snapshots.write(view)).isEqualTo(expected);
  }

  @Test
  void anOlderSnapshotIsRefused() {
    fill(store, 10);
    byte[] old = Snapshots.take(store);
    fill(store, 10);
    byte[] now = Snapshots.take(store);

    assertThatThrownBy(() -> restore(old, 10))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("revision 10")
        .hasMessageContaining("up to 20");
    assertThat(Snapshots.take(store)).isEqualTo(now);
  }

  @Test
  void aSnapshotOfAnotherMomentThanPromisedIsRefused() {
    KeyValueStore other = open(Limits.DEFAULT);
    fill(other, 10);
    byte[] snapshot = Snapshots.take(other);

    assertThatThrownBy(() -> restore(snapshot, 11))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("revision 10 instead of 11");
    assertThatThrownBy(() -> store.restore(new ByteArrayInputStream(snapshot), 10, 1))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("cluster time " + TestBatch.timeOf(10) + " instead of 1");
    assertThat(store.revision()).isZero();
  }

  @Test
  void aSnapshotThatIsCutOffOrDamagedAnywhereChangesNothing() {
    KeyValueStore other = open(Limits.DEFAULT);
    fill(other, 4);
    byte[] snapshot = Snapshots.take(other);
    TestBatch.apply(store, new Command.Put(LEFT, RIGHT));
    byte[] before = Snapshots.take(store);

    for (int at = 0; at < snapshot.length; at += damageStride()) {
      byte[] cut = Arrays.copyOf(snapshot, at);
      byte[] damaged = snapshot.clone();
      damaged[at] ^= (byte) (1 << (at % 8));
      assertThatThrownBy(() -> restore(cut, 4))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("byte " + at);
      assertThatThrownBy(() -> restore(damaged, 4))
          .as("damaged at %s", at)
          .isInstanceOf(IOException.class)
          .hasMessageContaining("at byte");
    }

    assertThat(Snapshots.take(store)).isEqualTo(before);
    TestBatch.apply(store, new Command.Put(LEFT, LEFT));
    assertThat(store.get(LEFT)).contains(new KeyValue(LEFT, LEFT, 1, 2, 2));
  }

  @Test
  void aStreamThatFailsChangesNothing() {
    KeyValueStore other = open(Limits.DEFAULT);
    fill(other, 2000);
    byte[] snapshot = Snapshots.take(other);
    fill(store, 10);
    byte[] before = Snapshots.take(store);
    InputStream failing =
        new ByteArrayInputStream(snapshot) {
          @Override
          public synchronized int read(byte[] into, int offset, int length) {
            if (pos > count / 2) {
              throw new IllegalStateException("no more");
            }
            return super.read(into, offset, Math.min(length, 1000));
          }
        };

    assertThatThrownBy(() -> store.restore(failing, 2000, TestBatch.timeOf(2000)))
        .isInstanceOf(IllegalStateException.class);
    assertThat(Snapshots.take(store)).isEqualTo(before);
  }

  /// Both keys are always written together; a snapshot now and then skips ahead.
  @Test
  void readersBesideBatchesAndSnapshotsSeeOneRevisionAndNeverGoBack() throws Exception {
    KeyValueStore ahead = open(Limits.DEFAULT);
    CountDownLatch started = new CountDownLatch(3);
    boolean[] done = new boolean[1];
    both(store);

    List<Callable<Long>> readers =
        List.of(
            () -> reads(started, done, KeyValueStoreConformance::readMany),
            () -> reads(started, done, KeyValueStoreConformance::readScan),
            () -> reads(started, done, KeyValueStoreConformance::readOne));
    try (ExecutorService threads = Executors.newFixedThreadPool(readers.size())) {
      List<Future<Long>> answers = new ArrayList<>();
      try {
        readers.forEach(reader -> answers.add(threads.submit(reader)));
        assertThat(started.await(60, TimeUnit.SECONDS)).isTrue();
        for (int round = 0; round < 20; round++) {
          for (int i = 0; i < 5; i++) {
            both(store);
          }
          Snapshots.restore(ahead, Snapshots.take(store), store.revision());
          both(ahead);
          Snapshots.restore(store, Snapshots.take(ahead), ahead.revision());
        }
      } finally {
        synchronized (done) {
          done[0] = true;
        }
      }
      for (Future<Long> answer : answers) {
        assertThat(answer.get(60, TimeUnit.SECONDS)).isPositive();
      }
    }
  }

  /// Reads something and answers the revision it was seen at.
  @FunctionalInterface
  private interface Reading {
    long read(KeyValueStore store);
  }

  private long reads(CountDownLatch started, boolean[] done, Reading reading) {
    long last = 0;
    long reads = 0;
    for (; ; ) {
      long revision = reading.read(store);
      assertThat(revision).isGreaterThanOrEqualTo(last);
      last = revision;
      reads++;
      started.countDown();
      synchronized (done) {
        if (done[0]) {
          return reads;
        }
      }
    }
  }

  private static long readMany(KeyValueStore store) {
    Values values = store.getMany(List.of(RIGHT, LEFT));
    KeyValue right = values.values().get(0).orElseThrow();
    KeyValue left = values.values().get(1).orElseThrow();
    assertThat(left.value()).isEqualTo(right.value());
    assertThat(right.modRevision()).isEqualTo(values.revision());
    return values.revision();
  }

  private static long readScan(KeyValueStore store) {
    Page page = store.scan(Scan.prefix(""));
    assertThat(page.entries()).hasSize(2);
    assertThat(page.entries().get(0).value()).isEqualTo(page.entries().get(1).value());
    assertThat(page.entries().get(1).modRevision()).isEqualTo(page.revision());
    return page.revision();
  }

  private static long readOne(KeyValueStore store) {
    long before = store.revision();
    long seen = store.get(RIGHT).orElseThrow().modRevision();
    assertThat(seen).isGreaterThanOrEqualTo(before);
    return seen;
  }

  private static void both(KeyValueStore store) {
    Bytes value = Bytes.of(Long.toString(store.revision()));
    store.apply(
        TestBatch.after(store, new Command.Put(LEFT, value), new Command.Put(RIGHT, value)));
  }

  private void restore(byte[] snapshot, long index) throws IOException {
    store.restore(new ByteArrayInputStream(snapshot), index, TestBatch.timeOf(index));
  }

  private static void fill(KeyValueStore store, int commands) {
    TestBatch batch = new TestBatch(store.revision() + 1);
    for (int i = 0; i < commands; i++) {
      batch.add(command(i + (int) store.revision()).encode());
    }
    store.apply(batch);
  }

  private static void deleteAll(KeyValueStore store) {
    List<KeyValue> all = store.scan(Scan.prefix("")).entries();
    TestBatch batch = new TestBatch(store.revision() + 1);
    all.forEach(entry -> batch.add(new Command.Delete(entry.key()).encode()));
    store.apply(batch);
  }

  /// Keys again and again, values of every size up to some hundred KiB, now and then a deletion.
  private static Command command(int number) {
    Bytes key = Bytes.of("key" + number % 211);
    if (number % 13 == 5) {
      return new Command.Delete(key);
    }
    byte[] value = new byte[number % 97 == 96 ? 200_000 : number % 40];
    Arrays.fill(value, (byte) number);
    return new Command.Put(key, Bytes.wrap(value));
  }
}
