package dengine.testkit.conformance;

import dengine.engine.spi.StateMachine;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/// A log made from a seed, and ways to apply it.
///
/// @param <M> the machine
final class History<M extends StateMachine> {

  private static final int NOOP_EVERY = 13;

  private final StateMachineSubject<M> subject;
  private final List<RecordedBatch.Item> items = new ArrayList<>();

  History(StateMachineSubject<M> subject, long seed, int length) {
    this(subject, seed, length, 1);
  }

  /// @param firstCommand nothing before it is a command
  History(StateMachineSubject<M> subject, long seed, int length, long firstCommand) {
    this.subject = subject;
    RandomGenerator random = new SplittableRandom(seed);
    long term = 1;
    for (long index = 1; index <= length; index++) {
      boolean opensTerm = index == 1 || index < firstCommand || random.nextInt(NOOP_EVERY) == 0;
      term += opensTerm && index > 1 ? 1 : 0;
      byte @Nullable [] command = opensTerm ? null : subject.command(random);
      items.add(new RecordedBatch.Item(index, term, timeOf(index), command));
    }
  }

  int length() {
    return items.size();
  }

  /// Cluster time: several entries may have the same.
  static long timeOf(long index) {
    return 1_700_000_000_000L + index / 3 * 20;
  }

  /// Term of an entry.
  long termOf(long index) {
    return items.get((int) index - 1).term();
  }

  /// Gives a machine a snapshot that was taken after an entry, as the engine does.
  void restore(M machine, InputStream snapshot, long index) throws IOException {
    machine.restore(snapshot, index, termOf(index), timeOf(index));
  }

  /// Applies the entries after one index, up to another one, in one batch.
  ///
  /// @return results by index, of commands that got one
  Map<Long, Object> applyAtOnce(M machine, long after, long upTo) {
    Map<Long, Object> results = new HashMap<>();
    if (after < upTo) {
      RecordedBatch batch = new RecordedBatch(items.subList((int) after, (int) upTo));
      machine.apply(batch);
      Object[] all = batch.end();
      for (int i = 0; i < all.length; i++) {
        if (all[i] != null) {
          results.put(after + 1 + i, subject.comparable(all[i]));
        }
      }
    }
    return results;
  }

  /// The same, one by one.
  Map<Long, Object> applyEach(M machine, long after, long upTo) {
    Map<Long, Object> results = new HashMap<>();
    for (long index = after; index < upTo; index++) {
      results.putAll(applyAtOnce(machine, index, index + 1));
    }
    return results;
  }

  /// The same, in batches of any size.
  Map<Long, Object> apply(M machine, long after, long upTo, RandomGenerator cuts) {
    Map<Long, Object> results = new HashMap<>();
    for (long index = after; index < upTo; ) {
      long end = Math.min(upTo, index + 1 + cuts.nextInt(16));
      results.putAll(applyAtOnce(machine, index, end));
      index = end;
    }
    return results;
  }

  static void sameResults(Map<Long, Object> expected, Map<Long, Object> found) {
    Rule.same(expected.keySet(), found.keySet(), "the set of entries with a result");
    expected.forEach(
        (index, result) -> Rule.same(result, found.get(index), "the result of entry " + index));
  }
}
