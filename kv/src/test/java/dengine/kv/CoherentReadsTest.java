package dengine.kv;

import static org.assertj.core.api.Assertions.assertThat;

import dengine.api.Bytes;
import dengine.api.KeyValue;
import dengine.api.Page;
import dengine.api.Scan;
import dengine.api.Values;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/// One writer moves amounts between accounts, several commands a batch; readers on other threads
/// must never see an amount on its way. Accounts come and go, large values keep the memory
/// underneath in motion.
class CoherentReadsTest {

  private static final int ACCOUNTS = 40;
  private static final int OTHERS = 15_000;
  private static final long TOTAL = 1_000_000;
  private static final int BATCHES = 12_000;
  private static final long LONGEST_NANOS = TimeUnit.SECONDS.toNanos(6);

  private final KvStore store = new KvStore();
  private final List<Bytes> accounts = new ArrayList<>();
  private volatile boolean done;

  @Test
  void noReaderSeesHalfOfABatchNorGoesBack() throws Exception {
    long seed = Long.getLong("seed", System.nanoTime());
    System.out.println("seed=" + seed);
    for (int i = 0; i < ACCOUNTS; i++) {
      accounts.add(Bytes.of("account/" + i));
    }
    Bank bank = new Bank(new Random(seed));
    bank.open();

    List<Callable<Long>> readers =
        List.of(this::readMany, this::readMany, this::scan, this::scan, this::readOne);
    long reads = 0;
    try (ExecutorService threads = Executors.newFixedThreadPool(readers.size())) {
      List<Future<Long>> answers = readers.stream().map(threads::submit).toList();
      try {
        bank.run();
      } finally {
        done = true;
      }
      for (Future<Long> answer : answers) {
        long number = answer.get(60, TimeUnit.SECONDS);
        assertThat(number).as("seed=%s", seed).isPositive();
        reads += number;
      }
    }

    Footprint footprint = store.footprint();
    System.out.println("reads=" + reads + " batches=" + bank.batches + " " + footprint);
    assertThat(bank.batches).isPositive();
    assertThat(footprint.heldBytes()).isLessThan(footprint.liveBytes() * 5 / 2 + (8 << 20));
  }

  private long readMany() {
    long last = 0;
    long reads = 0;
    while (!done) {
      Values values = store.getMany(accounts);
      assertThat(values.revision()).isGreaterThanOrEqualTo(last);
      last = values.revision();
      long sum = 0;
      for (Optional<KeyValue> value : values.values()) {
        sum += value.map(CoherentReadsTest::amount).orElse(0L);
        assertThat(value.map(KeyValue::modRevision).orElse(0L)).isLessThanOrEqualTo(last);
      }
      assertThat(sum).isEqualTo(TOTAL);
      reads++;
    }
    return reads;
  }

  private long scan() {
    long last = 0;
    long reads = 0;
    while (!done) {
      Page page = store.scan(Scan.prefix(reads % 8 == 0 ? "" : "account/"));
      assertThat(page.revision()).isGreaterThanOrEqualTo(last);
      last = page.revision();
      long sum = 0;
      Bytes previous = Bytes.EMPTY;
      for (KeyValue entry : page.entries()) {
        assertThat(entry.key().compareTo(previous)).isPositive();
        previous = entry.key();
        if (entry.key().text().startsWith("account/")) {
          sum += amount(entry);
        }
      }
      assertThat(sum).isEqualTo(TOTAL);
      reads++;
    }
    return reads;
  }

  private long readOne() {
    Map<Bytes, KeyValue> seen = new HashMap<>();
    long reads = 0;
    while (!done) {
      long revision = store.revision();
      for (Bytes account : accounts) {
        Optional<KeyValue> now = store.get(account);
        KeyValue before = seen.get(account);
        if (now.isPresent()) {
          assertThat(now.get().key()).isEqualTo(account);
          assertThat(now.get().value().length()).isEqualTo(8 + (int) (amount(now.get()) % 1000));
          if (before != null) {
            assertThat(now.get().modRevision()).isGreaterThanOrEqualTo(before.modRevision());
            assertThat(now.get().createRevision()).isGreaterThanOrEqualTo(before.createRevision());
          }
          seen.put(account, now.get());
        }
        reads++;
      }
      assertThat(store.revision()).isGreaterThanOrEqualTo(revision);
    }
    return reads;
  }

  private static long amount(KeyValue account) {
    return ByteBuffer.wrap(account.value().unsafeArray()).getLong();
  }

  private final class Bank {
    private final Random random;
    private final Map<Bytes, Long> amounts = new HashMap<>();
    private TestBatch batch = new TestBatch(1);
    private int batches;

    Bank(Random random) {
      this.random = random;
    }

    void open() {
      amounts.put(accounts.getFirst(), TOTAL);
      put(accounts.getFirst(), TOTAL);
      for (int i = 0; i < OTHERS; i++) {
        other(i);
      }
      apply();
    }

    void run() {
      long end = System.nanoTime() + LONGEST_NANOS;
      while (batches < BATCHES && System.nanoTime() < end) {
        int moves = 1 + random.nextInt(4);
        for (int i = 0; i < moves; i++) {
          move();
          other(random.nextInt(OTHERS));
        }
        apply();
        batches++;
      }
    }

    private void move() {
      Bytes from = accounts.get(random.nextInt(ACCOUNTS));
      Bytes to = accounts.get(random.nextInt(ACCOUNTS));
      long there = amounts.getOrDefault(from, 0L);
      long amount = random.nextInt(3) == 0 ? there : random.nextLong(there + 1);
      change(from, -amount);
      change(to, amount);
    }

    private void change(Bytes account, long by) {
      long amount = amounts.getOrDefault(account, 0L) + by;
      amounts.put(account, amount);
      if (amount == 0) {
        batch.add(new Command.Delete(account).encode());
      } else {
        put(account, amount);
      }
    }

    private void put(Bytes account, long amount) {
      byte[] value = new byte[8 + (int) (amount % 1000)];
      ByteBuffer.wrap(value).putLong(amount);
      batch.add(new Command.Put(account, Bytes.wrap(value)).encode());
    }

    private void other(int number) {
      Bytes key = Bytes.of("other/" + number);
      Bytes value = Bytes.wrap(new byte[random.nextInt(500)]);
      batch.add(
          random.nextInt(5) == 0
              ? new Command.Delete(key).encode()
              : new Command.Put(key, value).encode());
    }

    private void apply() {
      store.apply(batch);
      batch = new TestBatch(store.revision() + 1);
    }
  }
}
