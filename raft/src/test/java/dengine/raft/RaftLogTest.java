package dengine.raft;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// The log in runs of terms and a ring of entries, against a plain list.
final class RaftLogTest {

  @Test
  void itAgreesWithAPlainListWhateverIsDoneToIt() {
    long seed = Long.getLong("seed", System.nanoTime());
    Random random = new Random(seed);
    for (int round = 0; round < 200; round++) {
      List<Entry> model = new ArrayList<>();
      grow(model, random, random.nextInt(20));
      long tail = 1 + random.nextLong(2000);
      long unhanded = random.nextLong(500);
      RaftLog log = new RaftLog(recovered(model), tail, unhanded);
      long inMemoryFrom = model.size() + 1L;
      long committed = 0;
      for (int step = 0; step < 200; step++) {
        int action = random.nextInt(10);
        if (action < 5) {
          int before = model.size();
          grow(model, random, random.nextInt(30));
          log.append(List.copyOf(model.subList(before, model.size())));
        } else if (action < 7 && model.size() > committed) {
          long from = committed + 1 + random.nextLong(model.size() - committed);
          log.truncateFrom(from);
          model.subList((int) from - 1, model.size()).clear();
          inMemoryFrom = Math.min(inMemoryFrom, from);
        } else {
          committed += random.nextLong(model.size() - committed + 1);
          long durable = committed + random.nextLong(model.size() - committed + 1);
          log.evict(durable, committed);
          inMemoryFrom = kept(model, inMemoryFrom, durable, committed, tail, unhanded);
          assertThat(log.firstInMemory()).isEqualTo(inMemoryFrom);
        }
        check(log, model, random, inMemoryFrom, "seed " + seed + " round " + round);
      }
    }
  }

  /// Where memory begins when what is handed out was shrunk to its budget, and then the rest.
  private static long kept(
      List<Entry> model, long first, long durable, long handed, long tail, long unhanded) {
    long from = first;
    while (from <= Math.min(durable, handed) && bytesFrom(model, from) > tail) {
      from++;
    }
    while (from <= durable && bytesFrom(model, from) > tail + unhanded) {
      from++;
    }
    return from;
  }

  private static long bytesFrom(List<Entry> model, long from) {
    return model.subList((int) from - 1, model.size()).stream().mapToLong(Entry::size).sum();
  }

  @Test
  void itKnowsWhereItsLastTermBeganAsFarAsItRemembers() {
    RaftLog log = new RaftLog(recovered(List.of()), 1 << 20, 1 << 20);
    log.append(List.of(entry(1, 1), entry(2, 1), entry(3, 4), entry(4, 4), entry(5, 4)));

    assertThat(log.firstOf(4)).isEqualTo(3);
    assertThat(log.firstOf(1)).isZero();
    assertThat(log.firstOf(5)).isZero();
    log.compactTo(2);
    assertThat(log.firstOf(4)).isEqualTo(3);
    log.compactTo(4);
    assertThat(log.firstOf(4)).isEqualTo(4);
    log.compactTo(5);
    assertThat(log.firstOf(4)).isEqualTo(5);
    log.append(List.of(entry(6, 7)));
    assertThat(log.firstOf(7)).isEqualTo(6);
  }

  @Test
  void itKeepsWhatItHoldsWhenItOutgrowsItsRing() {
    Random random = new Random(1);
    List<Entry> model = new ArrayList<>();
    grow(model, random, 700);
    RaftLog log = new RaftLog(RecoveredLog.EMPTY, 1, 0);
    log.append(List.copyOf(model));
    log.evict(500, 500);
    long from = 501;
    for (int round = 0; round < 40; round++) {
      int before = model.size();
      grow(model, random, 100);
      log.append(List.copyOf(model.subList(before, model.size())));
      assertThat(log.slice(from, model.size(), Long.MAX_VALUE))
          .contains(model.subList((int) from - 1, model.size()));
    }
    assertThat(log.truncateFrom(2000)).isEqualTo(bytesFrom(model, 2000));
    assertThat(log.tailBytes())
        .isEqualTo(bytesFrom(model.subList(0, 1999), from))
        .isLessThan(bytesFrom(model, from));
  }

  private static void check(
      RaftLog log, List<Entry> model, Random random, long inMemoryFrom, String what) {
    assertThat(log.last()).as(what).isEqualTo(at(model, model.size()));
    long index = random.nextInt(model.size() + 3);
    long term = index <= model.size() ? at(model, index).term() : -1;
    assertThat(log.termAt(index)).as(what).isEqualTo(term);

    long below = random.nextInt(model.size() + 3);
    long most = random.nextInt(30);
    long expected = Math.min(below, model.size());
    while (at(model, expected).term() > most) {
      expected--;
    }
    assertThat(log.atOrBelow(below, most)).as(what).isEqualTo(at(model, expected));

    if (!model.isEmpty()) {
      long from = 1L + random.nextInt(model.size());
      long upTo = from + random.nextInt((int) (model.size() - from + 1));
      long bytes = random.nextInt(2000);
      assertThat(log.slice(from, upTo, bytes))
          .as(what)
          .isEqualTo(
              from < inMemoryFrom
                  ? Optional.empty()
                  : Optional.of(slice(model, from, upTo, bytes)));
    }
  }

  private static List<Entry> slice(List<Entry> model, long from, long upTo, long maxBytes) {
    List<Entry> slice = new ArrayList<>();
    long bytes = 0;
    for (Entry entry : model.subList((int) from - 1, (int) upTo)) {
      bytes += entry.size();
      if (!slice.isEmpty() && bytes > maxBytes) {
        break;
      }
      slice.add(entry);
    }
    return slice;
  }

  private static Position at(List<Entry> model, long index) {
    return index == 0 ? Position.ORIGIN : model.get((int) index - 1).position();
  }

  private static void grow(List<Entry> model, Random random, int count) {
    for (int i = 0; i < count; i++) {
      long term = model.isEmpty() ? 1 : model.getLast().term();
      if (random.nextInt(8) == 0) {
        term += 1 + random.nextInt(3);
      }
      byte[] payload = new byte[random.nextInt(100)];
      model.add(new Entry(model.size() + 1, term, 0, Entry.Kind.COMMAND, payload));
    }
  }

  private static Entry entry(long index, long term) {
    return new Entry(index, term, 0, Entry.Kind.COMMAND, new byte[0]);
  }

  private static RecoveredLog recovered(List<Entry> model) {
    List<RecoveredLog.TermRun> runs = new ArrayList<>();
    for (Entry entry : model) {
      if (runs.isEmpty() || runs.getLast().term() != entry.term()) {
        runs.add(new RecoveredLog.TermRun(entry.index(), entry.term()));
      }
    }
    return new RecoveredLog(Position.ORIGIN, runs, model.size(), 0);
  }
}
