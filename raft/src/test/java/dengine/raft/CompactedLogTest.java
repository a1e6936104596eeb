package dengine.raft;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// The log that forgets its beginning, or begins anew, against a plain map from index to entry.
final class CompactedLogTest {

  private static final class Model {
    final List<Entry> entries = new ArrayList<>();
    Position base = Position.ORIGIN;

    long last() {
      return base.index() + entries.size();
    }

    Entry at(long index) {
      return entries.get((int) (index - base.index() - 1));
    }

    long term(long index) {
      if (index < base.index() || index > last()) {
        return -1;
      }
      return index == base.index() ? base.term() : at(index).term();
    }

    void append(Entry entry) {
      entries.add(entry);
    }

    void truncateFrom(long index) {
      entries.subList((int) (index - base.index() - 1), entries.size()).clear();
    }

    void compactTo(long index) {
      Position next = new Position(index, term(index));
      entries.subList(0, (int) (index - base.index())).clear();
      base = next;
    }

    long bytes(long from) {
      long bytes = 0;
      for (long i = Math.max(from, base.index() + 1); i <= last(); i++) {
        bytes += at(i).size();
      }
      return bytes;
    }

    Position atOrBelow(long index, long term) {
      long candidate = Math.min(index, last());
      while (candidate > base.index() && term(candidate) > term) {
        candidate--;
      }
      return candidate <= base.index() ? base : new Position(candidate, term(candidate));
    }
  }

  private final long seed = Long.getLong("seed", System.nanoTime());
  private final Random random = new Random(seed);

  @Test
  void itAgreesWithAPlainMapWhateverIsForgotten() {
    for (int round = 0; round < 300; round++) {
      Model model = new Model();
      RaftLog log = new RaftLog(RecoveredLog.EMPTY, 1 + random.nextLong(2000), 500);
      long handed = 0;
      for (int step = 0; step < 200; step++) {
        switch (random.nextInt(10)) {
          case 0, 1, 2, 3 -> grow(model, log, random.nextInt(30));
          case 4 -> {
            if (model.last() > handed) {
              long from = handed + 1 + random.nextLong(model.last() - handed);
              log.truncateFrom(from);
              model.truncateFrom(from);
            }
          }
          case 5, 6 -> {
            handed += random.nextLong(model.last() - handed + 1);
            log.evict(handed, handed);
          }
          case 7, 8 -> {
            if (handed > model.base.index()) {
              long upTo = model.base.index() + 1 + random.nextLong(handed - model.base.index());
              log.compactTo(upTo);
              model.compactTo(upTo);
            }
          }
          default -> {
            if (random.nextInt(5) == 0) {
              handed = reset(model, log, handed);
            }
          }
        }
        check(model, log, "seed " + seed + " round " + round + " step " + step);
      }
    }
  }

  private long reset(Model model, RaftLog log, long handed) {
    long unhanded = model.bytes(Math.max(log.firstInMemory(), handed + 1));
    long index = handed + 1 + random.nextLong(50);
    Position position = new Position(index, model.term(model.last()) + random.nextInt(3) + 1);
    SnapshotPoint point = new SnapshotPoint(position, 7, Membership.of(1), 0);

    assertThat(log.reset(point, handed)).as("seed %d", seed).isEqualTo(unhanded);

    model.entries.clear();
    model.base = position;
    return index;
  }

  private void grow(Model model, RaftLog log, int count) {
    List<Entry> fresh = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      long term = Math.max(1, model.term(model.last())) + (random.nextInt(8) == 0 ? 1 : 0);
      byte[] payload = new byte[random.nextInt(100)];
      Entry entry = new Entry(model.last() + 1, term, 0, Entry.Kind.COMMAND, payload);
      model.append(entry);
      fresh.add(entry);
    }
    log.append(fresh);
  }

  private void check(Model model, RaftLog log, String what) {
    assertThat(log.base()).as(what).isEqualTo(model.base);
    assertThat(log.last()).as(what).isEqualTo(new Position(model.last(), model.term(model.last())));
    assertThat(log.tailBytes()).as(what).isEqualTo(model.bytes(log.firstInMemory()));
    assertThat(log.firstInMemory()).as(what).isGreaterThan(model.base.index());
    for (int i = 0; i < 3; i++) {
      long index = random.nextLong(model.last() + 3);
      assertThat(log.termAt(index)).as(what).isEqualTo(model.term(index));
      long term = random.nextLong(model.term(model.last()) + 2);
      assertThat(log.atOrBelow(index, term)).as(what).isEqualTo(model.atOrBelow(index, term));
    }
    if (log.firstInMemory() <= model.last()) {
      long from = log.firstInMemory() + random.nextLong(model.last() - log.firstInMemory() + 1);
      assertThat(log.slice(from, model.last(), Long.MAX_VALUE))
          .as(what)
          .isEqualTo(
              Optional.of(
                  model.entries.subList(
                      (int) (from - model.base.index() - 1), model.entries.size())));
    }
  }

  @Test
  void aRunOfATermThatIsCutInTheMiddleGoesOn() {
    Terms terms =
        new Terms(
            new RecoveredLog(
                Position.ORIGIN,
                List.of(new RecoveredLog.TermRun(1, 1), new RecoveredLog.TermRun(5, 3)),
                9,
                0));

    terms.compactTo(3);
    assertThat(terms.runs())
        .containsExactly(new RecoveredLog.TermRun(4, 1), new RecoveredLog.TermRun(5, 3));
    terms.compactTo(4);
    assertThat(terms.runs()).containsExactly(new RecoveredLog.TermRun(5, 3));
    assertThat(terms.base()).isEqualTo(new Position(4, 1));
    terms.compactTo(9);
    assertThat(terms.runs()).isEmpty();
    assertThat(terms.last()).isEqualTo(new Position(9, 3));
    terms.append(10, 3);
    assertThat(terms.at(10)).isEqualTo(3);

    terms.reset(new Position(20, 4));
    assertThat(terms.last()).isEqualTo(new Position(20, 4));
    assertThat(terms.at(10)).isEqualTo(-1);
    assertThat(terms.atOrBelow(30, 1)).isEqualTo(new Position(20, 4));
  }
}
