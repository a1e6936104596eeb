package dengine.raft;

import java.util.Arrays;
import java.util.List;

/// The term of every index of the log, as runs: a log of a billion entries written under ten
/// leaders takes ten places here. This is why the core needs no log to read from.
final class Terms {

  private Position base;
  private long[] starts = new long[8];
  private long[] terms = new long[8];
  private int size;
  private long last;

  Terms(RecoveredLog log) {
    base = log.base();
    last = log.lastIndex();
    for (RecoveredLog.TermRun run : log.runs()) {
      push(run.firstIndex(), run.term());
    }
  }

  /// The position just before the first entry.
  Position base() {
    return base;
  }

  /// The end of the log.
  Position last() {
    return new Position(last, size == 0 ? base.term() : terms[size - 1]);
  }

  long lastIndex() {
    return last;
  }

  /// The term at this index, or -1 where there is no entry (nor the base).
  long at(long index) {
    if (index < base.index() || index > last) {
      return -1;
    }
    return index == base.index() ? base.term() : terms[runOf(index)];
  }

  /// The first index of the last term, or 0 if the log ends with another term than this. Where the
  /// first of them are forgotten already, the last forgotten one.
  long firstOf(long term) {
    if (last().term() != term) {
      return 0;
    }
    boolean begunBefore = size == 0 || (size == 1 && base.term() == term);
    return begunBefore ? base.index() : starts[size - 1];
  }

  void append(long index, long term) {
    assert index == last + 1 : index + " after " + last;
    assert size == 0 ? term >= base.term() : term >= terms[size - 1];
    if (size == 0 || terms[size - 1] != term) {
      push(index, term);
    }
    last = index;
  }

  void truncateFrom(long index) {
    assert index > base.index() && index <= last;
    while (size > 0 && starts[size - 1] >= index) {
      size--;
    }
    last = index - 1;
  }

  /// Forgets everything up to `index`, which becomes the base.
  void compactTo(long index) {
    assert index > base.index() && index <= last;
    int run = runOf(index);
    base = new Position(index, terms[run]);
    boolean continues = run + 1 < size ? starts[run + 1] > index + 1 : last > index;
    int dropped = continues ? run : run + 1;
    size -= dropped;
    System.arraycopy(starts, dropped, starts, 0, size);
    System.arraycopy(terms, dropped, terms, 0, size);
    if (continues) {
      starts[0] = index + 1;
    }
  }

  /// Forgets everything; the log goes on right after this position.
  void reset(Position position) {
    base = position;
    last = position.index();
    size = 0;
  }

  /// The last position at or before `index` whose term is at most `term`. Nothing after it can
  /// agree with a log that has `term` at `index`, because terms only grow along a log: so a
  /// follower's answer rules out whole terms at once instead of one index per round trip.
  Position atOrBelow(long index, long term) {
    long candidate = Math.min(index, last);
    while (candidate > base.index()) {
      int run = runOf(candidate);
      if (terms[run] <= term) {
        return new Position(candidate, terms[run]);
      }
      candidate = starts[run] - 1;
    }
    return base;
  }

  /// The runs, for status and tests.
  List<RecoveredLog.TermRun> runs() {
    return java.util.stream.IntStream.range(0, size)
        .mapToObj(i -> new RecoveredLog.TermRun(starts[i], terms[i]))
        .toList();
  }

  private int runOf(long index) {
    int found = Arrays.binarySearch(starts, 0, size, index);
    return found >= 0 ? found : -found - 2;
  }

  private void push(long start, long term) {
    if (size == starts.length) {
      starts = Arrays.copyOf(starts, size * 2);
      terms = Arrays.copyOf(terms, size * 2);
    }
    starts[size] = start;
    terms[size++] = term;
  }
}
