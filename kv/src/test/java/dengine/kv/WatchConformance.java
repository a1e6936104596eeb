package dengine.kv;

import static org.assertj.core.api.Assertions.assertThat;

import dengine.api.Bytes;
import dengine.api.CompactedException;
import dengine.api.Watch;
import dengine.api.WatchEvent;
import dengine.api.WatchEvent.Reason;
import dengine.api.WatchOptions;
import dengine.kv.watch.WatchLimits;
import dengine.kv.watch.Watched;
import dengine.kv.watch.Watches;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;

/// What a store tells those who watch, for any store: random commands, watches that begin and end
/// at random, and snapshots from elsewhere, compared with [WatchModel]. Rerun one with
/// `-Dseed=...`.
@SuppressWarnings("missing-explicit-ctor") // extended in the packages of other stores
public abstract class WatchConformance extends ModelConformance {

  private static final int ROUNDS = Integer.getInteger("rounds", 40);
  private static final Duration INTERVAL = Duration.ofSeconds(1);

  @Test
  void tellsWhatChangesInOrderAndOnceOrSaysThatItCannot() {
    Long fixed = Long.getLong("seed");
    long first = fixed == null ? System.nanoTime() : fixed;
    int overflows = 0;
    int compacted = 0;
    int refused = 0;
    for (int round = 0; round < (fixed == null ? ROUNDS : 1); round++) {
      Run run = new Run(first + round);
      try {
        run.run();
      } catch (Throwable failed) {
        throw new AssertionError("-Dseed=" + (first + round), failed);
      }
      overflows += run.overflows;
      compacted += run.compacted;
      refused += run.refused;
    }
    if (fixed == null) {
      assertThat(overflows).as("watches that were too slow").isPositive();
      assertThat(compacted).as("watches that a snapshot ended").isPositive();
      assertThat(refused).as("watches that began too far in the past").isPositive();
    }
  }

  private final class Run {

    private final Random random;
    private final SteppedExecution execution = new SteppedExecution();
    private final WatchModel model;
    private final KvStore source;
    private final KeyValueStore follower;
    private final Watches watches;
    private final List<Reader> readers = new ArrayList<>();
    private final double mortality;

    /// Changes up to this one are known to the source alone.
    private long jumpedTo;

    private int overflows;
    private int compacted;
    private int refused;

    Run(long seed) {
      random = new Random(seed);
      mortality = random.nextInt(3) * 0.3;
      ExpiryBudget budget = budget(random);
      model = new WatchModel(budget);
      source = new KvStore(Limits.DEFAULT, budget);
      follower = open(budget);
      int history = 1 << random.nextInt(12);
      WatchLimits limits =
          WatchLimits.DEFAULT
              .withHistory(history, random.nextBoolean() ? 1 << 20 : 1 << (8 + random.nextInt(8)))
              .withBuffer(1 << random.nextInt(9), 1 << (6 + random.nextInt(12)))
              .withProgressInterval(INTERVAL);
      watches = new Watches("watch", limits, 0, execution, execution, random);
      follower.tell(watches.recorder());
    }

    void run() {
      for (int i = 0; i < 150; i++) {
        TestBatch batch = batch();
        source.apply(batch);
        if (random.nextInt(40) == 0) {
          source.apply(batch());
          Snapshots.restore(follower, Snapshots.take(source), model.revision);
          jumpedTo = model.revision;
        } else {
          follower.apply(batch);
        }
        if (random.nextInt(3) == 0) {
          execution.settle();
        }
        if (readers.size() < 8 && random.nextInt(4) == 0) {
          begin(0);
        }
        readers.removeIf(reader -> reader.goesOn(random.nextInt(40)));
        if (random.nextInt(20) == 0) {
          execution.pass(INTERVAL);
        }
      }
      finish();
    }

    /// All that was told is taken, and there is progress up to the end.
    private void finish() {
      execution.settle();
      readers.removeIf(reader -> reader.goesOn(Integer.MAX_VALUE));
      execution.settle();
      readers.removeIf(reader -> reader.goesOn(Integer.MAX_VALUE));
      execution.pass(INTERVAL.multipliedBy(2));
      readers.removeIf(reader -> reader.goesOn(Integer.MAX_VALUE));
      for (Reader reader : readers) {
        assertThat(reader.told).isEqualTo(reader.expected(Long.MAX_VALUE));
        if (reader.from <= model.revision + 1) {
          assertThat(reader.progress).isEqualTo(model.revision);
        }
        reader.watch.close();
      }
      execution.settle();
      assertThat(watches.activity().watchers()).isZero();
      watches.close();
    }

    private void begin(long resume) {
      long from =
          resume > 0 ? resume : random.nextBoolean() ? 0 : 1 + random.nextLong(model.revision + 5);
      boolean previous = random.nextInt(3) == 0;
      Watched what = watched();
      WatchOptions options = new WatchOptions(from, previous, random.nextInt(3));
      try {
        Watch watch = watches.watch(what, options).join();
        assertThat(watch.revision()).isEqualTo(from == 0 ? model.revision : from - 1);
        assertThat(from == 0 || from > jumpedTo).isTrue();
        readers.add(new Reader(what, previous, watch));
      } catch (CompletionException e) {
        assertThat(e.getCause()).isInstanceOf(CompactedException.class);
        refused++;
        CompactedException refusal = (CompactedException) e.getCause();
        assertThat(refusal.oldestRevision()).isGreaterThan(from);
        Watch oldest =
            watches.watch(what, new WatchOptions(refusal.oldestRevision(), previous, 0)).join();
        readers.add(new Reader(what, previous, oldest));
      }
    }

    private Watched watched() {
      Bytes key = key();
      if (random.nextBoolean()) {
        return Watched.key(key);
      }
      String text = key.text();
      return text.startsWith("/")
          ? Watched.prefix(Bytes.of(text.substring(0, text.lastIndexOf('/') + 1)))
          : Watched.prefix(Bytes.of("/"));
    }

    private TestBatch batch() {
      TestBatch batch = new TestBatch(model.revision + 1);
      int size = 1 + random.nextInt(random.nextInt(10) == 0 ? 300 : 8);
      for (int i = 0; i < size; i++) {
        if (random.nextInt(30) == 0) {
          batch.add(new byte[0]);
          model.pass();
        } else {
          Command command = command();
          batch.add(command.encode());
          model.apply(command);
        }
      }
      return batch;
    }

    private Command command() {
      Bytes key = key();
      long ttl = random.nextDouble() < mortality ? 1 + random.nextInt(100) : 0;
      return switch (random.nextInt(6)) {
        case 0, 1 -> new Command.Delete(key);
        case 2 -> new Command.CompareAndSwap(key, Optional.empty(), value(), ttl);
        case 3 -> new Command.CompareAndSwap(key, Optional.of(value()), value(), ttl);
        default -> new Command.Put(key, value(), ttl);
      };
    }

    private Bytes key() {
      StringBuilder key = new StringBuilder(random.nextInt(8) == 0 ? "x" : "");
      for (int depth = 1 + random.nextInt(3); depth > 0; depth--) {
        key.append('/').append((char) ('a' + random.nextInt(2)));
      }
      return Bytes.of(random.nextInt(8) == 0 ? key + "/" : key.toString());
    }

    private Bytes value() {
      return Bytes.of("v".repeat(random.nextInt(3)));
    }

    /// Somebody who watches.
    private final class Reader {

      private final Watched what;
      private final boolean previous;
      private final Watch watch;
      private final long from;
      private final List<WatchEvent> told = new ArrayList<>();
      private long progress;

      Reader(Watched what, boolean previous, Watch watch) {
        this.what = what;
        this.previous = previous;
        this.watch = watch;
        this.from = watch.revision() + 1;
      }

      /// Takes some events.
      ///
      /// @return whether the watch has ended
      boolean goesOn(int most) {
        for (int i = 0; i < most; i++) {
          execution.settle();
          WatchEvent event = watch.poll(Duration.ZERO).orElse(null);
          if (event == null) {
            return false;
          }
          if (takes(event)) {
            return true;
          }
        }
        return false;
      }

      private boolean takes(WatchEvent event) {
        return switch (event) {
          case WatchEvent.Change change -> {
            told.add(change);
            yield false;
          }
          case WatchEvent.Progress(long revision) -> {
            assertThat(revision).isBetween(progress, model.revision);
            progress = revision;
            assertToldUpTo(revision);
            yield false;
          }
          case WatchEvent.Canceled canceled -> {
            ended(canceled);
            yield true;
          }
        };
      }

      private void ended(WatchEvent.Canceled last) {
        assertThat(last.revision()).isBetween(from - 1, model.revision + 4);
        assertToldUpTo(last.revision());
        if (last.reason() == Reason.BUFFER_OVERFLOW) {
          overflows++;
        } else {
          assertThat(last.reason()).isEqualTo(Reason.COMPACTED);
          assertThat(from).isLessThanOrEqualTo(jumpedTo);
          assertThat(last.oldest()).isLessThanOrEqualTo(jumpedTo + 1);
          compacted++;
        }
      }

      /// What was told so far is the beginning of what there is, and goes up to this revision.
      private void assertToldUpTo(long revision) {
        List<WatchEvent> all = expected(Long.MAX_VALUE);
        assertThat(told).isEqualTo(all.subList(0, Math.min(told.size(), all.size())));
        assertThat(told.stream().filter(e -> e.revision() <= revision).toList())
            .isEqualTo(expected(revision));
      }

      private List<WatchEvent> expected(long upTo) {
        return model.changes.stream()
            .filter(c -> c.revision() >= from && c.revision() <= upTo && concerns(c.key()))
            .map(this::asAskedFor)
            .toList();
      }

      private boolean concerns(Bytes key) {
        return what.prefix() ? key.startsWith(what.bytes()) : key.equals(what.bytes());
      }

      private WatchEvent asAskedFor(WatchEvent.Change change) {
        if (previous) {
          return change;
        }
        return switch (change) {
          case WatchEvent.Put(long revision, Bytes key, Bytes value, _) ->
              new WatchEvent.Put(revision, key, value, Optional.empty());
          case WatchEvent.Delete(long revision, Bytes key, _, boolean expired) ->
              new WatchEvent.Delete(revision, key, Optional.empty(), expired);
        };
      }
    }
  }
}
