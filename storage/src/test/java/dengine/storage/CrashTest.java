package dengine.storage;

import static org.assertj.core.api.Assertions.assertThat;

import dengine.storage.CrashStates.Totals;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Kills and power cuts before every call to the disk, see [CrashStates]. `-Dcrash.states=1000000`
/// opens so many states instead of a few, `-Dcrash.from=17` begins with that story.
class CrashTest {

  private static final long STATES = Long.getLong("crash.states", 10_000);
  private static final long FROM = Long.getLong("crash.from", 1);

  @Test
  @Timeout(value = 15, unit = TimeUnit.MINUTES)
  void nothingAcknowledgedIsLostAndNothingElseAppearsWhereverThePowerGoes() throws Exception {
    long start = System.nanoTime();
    int threads = Runtime.getRuntime().availableProcessors();
    AtomicLong next = new AtomicLong(FROM);
    AtomicLong opened = new AtomicLong();
    List<String> violations = new ArrayList<>();
    Totals totals = Totals.NONE;
    try (ExecutorService workers = Executors.newFixedThreadPool(threads)) {
      List<Future<List<CrashStates>>> parts = new ArrayList<>();
      for (int i = 0; i < threads; i++) {
        parts.add(workers.submit(() -> stories(next, opened)));
      }
      for (Future<List<CrashStates>> part : parts) {
        for (CrashStates story : part.get()) {
          totals = totals.plus(story.totals());
          violations.addAll(story.violations());
        }
      }
    }

    System.out.printf(
        "crash states: %,d of %d stories, before %,d calls, all combinations of %,d calls, a sample"
            + " of %,d, %d s%n",
        totals.states(),
        next.get() - FROM,
        totals.points(),
        totals.exhausted(),
        totals.points() - totals.exhausted(),
        TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - start));
    assertThat(violations).isEmpty();
    assertThat(totals.states()).isGreaterThanOrEqualTo(STATES);
  }

  private static List<CrashStates> stories(AtomicLong next, AtomicLong opened) {
    List<CrashStates> stories = new ArrayList<>();
    while (opened.get() < STATES) {
      CrashStates story = CrashStates.explore(next.getAndIncrement(), false);
      opened.addAndGet(story.totals().states());
      stories.add(story);
    }
    return stories;
  }

  @Test
  void theCheckNoticesADiskThatLiesAboutSyncs() {
    CrashStates story = CrashStates.explore(1, true);

    assertThat(story.violations()).hasSizeGreaterThan((int) story.totals().states() / 4);
  }
}
