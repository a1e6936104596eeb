package dengine.kv;

import static org.assertj.core.api.Assertions.assertThat;

import dengine.api.Bytes;
import dengine.api.KeyValue;
import dengine.api.Page;
import dengine.api.ReadPolicy;
import dengine.api.Scan;
import dengine.engine.spi.StateMachine;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// Random commands, reads and snapshots, compared with [ModelStore]. Rerun one with `-Dseed=...`.
@SuppressWarnings("missing-explicit-ctor") // extended in the packages of other stores
public abstract class ModelConformance extends TimeToLiveConformance {

  private static final int ROUNDS = 12;

  @Test
  void answersWhatASortedMapWouldAnswer() {
    Long fixed = Long.getLong("seed");
    long first = fixed == null ? System.nanoTime() : fixed;
    for (int round = 0; round < (fixed == null ? ROUNDS : 1); round++) {
      long seed = first + round;
      System.out.println("seed=" + seed);
      new Run(seed).run();
    }
  }

  private final class Run {
    private final Random random;
    private final String seed;
    private final ExpiryBudget budget;
    private final ModelStore model;
    private KeyValueStore store;
    private StateMachine.@Nullable View view;
    private List<KeyValue> viewed = List.of();
    private long viewedAt;
    private final int keySpace;
    private final int longestValue;
    private final double deletions;
    private final double mortality;
    private long revision;

    Run(long seed) {
      this.seed = "seed=" + seed;
      random = new Random(seed);
      keySpace = 1 << (1 + random.nextInt(13));
      longestValue = random.nextInt(20) == 0 ? 400_000 : 1 + random.nextInt(300);
      deletions = random.nextInt(3) * 0.25;
      mortality = random.nextInt(3) * 0.4;
      budget = budget(random);
      model = new ModelStore(budget);
      store = open(budget);
    }

    void run() {
      int batches = longestValue > 1000 ? 30 : 200;
      for (int i = 0; i < batches; i++) {
        batch(random.nextInt(10) == 0 ? 1 + random.nextInt(400) : 1 + random.nextInt(10));
        assertThat(store.revision()).as(seed).isEqualTo(revision);
        reads();
        if (random.nextInt(25) == 0) {
          snapshot();
        }
        if (random.nextInt(50) == 0) {
          snapshot();
          snapshot();
        }
      }
      assertThat(all(store, Bytes.EMPTY)).as(seed).isEqualTo(List.copyOf(model.content.values()));
      assertThat(store.footprint().keys()).as(seed).isEqualTo(model.size());
      if (view != null) {
        view.close();
      }
    }

    /// Looks at everything, at once or only batches later; sometimes goes on with what was
    /// restored.
    private void snapshot() {
      StateMachine.View now = view;
      if (now == null) {
        view = store.view().orElseThrow();
        viewed = List.copyOf(model.content.values());
        viewedAt = revision;
        return;
      }
      view = null;
      KeyValueStore other = open(budget);
      Snapshots.restore(other, Snapshots.write(now), viewedAt);
      assertThat(other.revision()).as(seed).isEqualTo(viewedAt);
      assertThat(all(other, Bytes.EMPTY)).as(seed).isEqualTo(viewed);
      if (viewedAt == revision) {
        store = other;
      }
    }

    private void batch(int size) {
      TestBatch batch = new TestBatch(revision + 1);
      List<Object> expected = new ArrayList<>();
      for (int i = 0; i < size; i++) {
        revision++;
        if (random.nextInt(50) == 0) {
          batch.add(new byte[0]);
          model.passes(TestBatch.timeOf(revision));
          expected.add("none");
        } else {
          Command command = command();
          batch.add(command.encode());
          expected.add(model.apply(command, revision, TestBatch.timeOf(revision)));
        }
      }
      store.apply(batch);
      for (int i = 0; i < size; i++) {
        Object result = batch.result(i);
        assertThat(result == null ? "none" : result).as(seed).isEqualTo(expected.get(i));
      }
    }

    private Command command() {
      Bytes key = key();
      if (random.nextDouble() < deletions) {
        return new Command.Delete(key);
      }
      if (random.nextInt(4) > 0) {
        return new Command.Put(key, value(), ttl());
      }
      Optional<Bytes> now = Optional.ofNullable(model.content.get(key)).map(KeyValue::value);
      return switch (random.nextInt(4)) {
        case 0 -> new Command.CompareAndSwap(key, Optional.empty(), value(), ttl());
        case 1 -> new Command.CompareAndSwap(key, Optional.of(value()), value(), ttl());
        default -> new Command.CompareAndSwap(key, now, value(), ttl());
      };
    }

    private long ttl() {
      return random.nextDouble() < mortality ? 1 + random.nextInt(300) : 0;
    }

    private void reads() {
      assertThat(store.nextDeadline()).as(seed).isEqualTo(model.nextDeadline());
      List<Bytes> keys = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        Bytes key = key();
        keys.add(key);
        Optional<KeyValue> expected = Optional.ofNullable(model.content.get(key));
        assertThat(store.get(key)).as(seed).isEqualTo(expected);
        byte[] value = store.value(key);
        assertThat(Optional.ofNullable(value).map(Bytes::of))
            .as(seed)
            .isEqualTo(expected.map(KeyValue::value));
      }
      if (longestValue < 1000) {
        assertThat(store.getMany(keys).values())
            .as(seed)
            .isEqualTo(
                keys.stream().map(key -> Optional.ofNullable(model.content.get(key))).toList());
      }
      Bytes key = key();
      Bytes prefix = Bytes.of(Arrays.copyOf(key.toByteArray(), random.nextInt(3)));
      Bytes from = key();
      Bytes start = from.compareTo(prefix) > 0 ? from : prefix;
      int limit = 1 + random.nextInt(50);
      Page page = store.scan(new Scan(prefix, Optional.of(from), limit, ReadPolicy.LINEARIZABLE));
      List<KeyValue> expected = model.scan(prefix, start);
      if (longestValue < 1000) {
        assertThat(page.entries())
            .as(seed)
            .isEqualTo(expected.subList(0, Math.min(limit, expected.size())));
        assertThat(page.next())
            .as(seed)
            .isEqualTo(
                expected.size() > limit
                    ? Optional.of(expected.get(limit).key())
                    : Optional.empty());
      }
      assertThat(page.revision()).as(seed).isEqualTo(revision);
      if (random.nextInt(10) == 0) {
        assertThat(all(store, prefix)).as(seed).isEqualTo(model.scan(prefix, prefix));
      }
    }

    private List<KeyValue> all(KeyValueStore store, Bytes prefix) {
      List<KeyValue> entries = new ArrayList<>();
      Scan scan = Scan.prefix(prefix).limit(1 + random.nextInt(1000));
      Page page = store.scan(scan);
      entries.addAll(page.entries());
      while (page.next().isPresent()) {
        page = store.scan(scan.from(page.next().get()));
        entries.addAll(page.entries());
      }
      return entries;
    }

    /// Short keys of few different bytes, so that prefixes of each other and 0xff are frequent.
    private Bytes key() {
      int number = random.nextInt(keySpace);
      byte[] key = new byte[1 + number % 7];
      for (int i = 0; i < key.length; i++) {
        key[i] =
            (byte)
                switch ((number >> (2 * i)) & 3) {
                  case 0 -> 0;
                  case 1 -> 'a';
                  case 2 -> 0x80;
                  default -> 0xff;
                };
      }
      return Bytes.wrap(key);
    }

    private Bytes value() {
      byte[] value = new byte[random.nextInt(longestValue)];
      random.nextBytes(value);
      return Bytes.wrap(value);
    }
  }
}
