package dengine.testkit.simulation;

import dengine.engine.spi.StateMachine;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// What was applied at each index, by whichever node came first; everybody else must have applied
/// the same with the same result, and so must a machine that is given all of it at the end.
final class Chronicle {

  /// @param serial number of the command, 0 for an entry that is none
  record Applied(long term, long time, long serial, byte[] command, @Nullable Object result) {

    boolean isCommand() {
      return serial != 0;
    }

    boolean isSameEntry(Applied other) {
      return term == other.term
          && time == other.time
          && serial == other.serial
          && Arrays.equals(command, other.command);
    }

    @Override
    public String toString() {
      return isCommand() ? "command " + serial + " of term " + term : "no command, term " + term;
    }
  }

  private record Seen(long index, @Nullable Object answer) {}

  private final Watch watch;
  private final TreeMap<Long, Applied> log = new TreeMap<>();
  private final Map<Long, Long> indexes = new HashMap<>();
  private final List<Seen> reads = new ArrayList<>();

  Chronicle(Watch watch) {
    this.watch = watch;
  }

  void applied(int node, long index, Applied applied) {
    Applied known = log.putIfAbsent(index, applied);
    if (known == null) {
      Long elsewhere = applied.isCommand() ? indexes.putIfAbsent(applied.serial, index) : null;
      require(elsewhere == null, node, applied + " is at " + elsewhere + " and at " + index);
      return;
    }
    require(
        known.isSameEntry(applied),
        node,
        "at index " + index + " it applied " + applied + ", another node " + known);
    require(
        Objects.deepEquals(known.result, applied.result),
        node,
        "the machine is not deterministic: at index %d %s gave %s, elsewhere %s"
            .formatted(index, applied, applied.result, known.result));
  }

  /// Somebody was told that his command is at this index.
  void acknowledged(int node, long serial, long index, long floor) {
    Applied known = log.get(index);
    require(
        known != null && known.serial == serial,
        node,
        "command " + serial + " was acknowledged at " + index + ", there is " + known);
    require(
        index > floor,
        node,
        "command " + serial + " is at " + index + ", asked for after " + floor + " was answered");
  }

  /// Somebody saw this state.
  void read(int node, long index, @Nullable Object answer, long floor) {
    require(
        index >= floor,
        node,
        "a read saw the state at " + index + " after " + floor + " had been answered");
    reads.add(new Seen(index, answer));
  }

  /// Gives all of it to a new machine, which must come to the same results, and look the same to
  /// those who read.
  <M extends StateMachine> void replay(M machine, Function<M, ?> read) {
    reads.sort(Comparator.comparingLong(Seen::index));
    int next = 0;
    long expected = 1;
    for (Map.Entry<Long, Applied> entry : log.entrySet()) {
      long index = entry.getKey();
      if (index != expected++) {
        throw new Violation("nothing was applied at index " + (expected - 1));
      }
      next = compare(next, index - 1, machine, read);
      Single batch = new Single(index, entry.getValue());
      machine.apply(batch);
      if (!Objects.deepEquals(batch.result, entry.getValue().result)) {
        throw new Violation(
            "the machine is not deterministic: at index %d %s gave %s, in a replay %s"
                .formatted(index, entry.getValue(), entry.getValue().result, batch.result));
      }
    }
    int _ = compare(next, expected - 1, machine, read);
    machine.close();
  }

  private <M> int compare(int from, long index, M machine, Function<M, ?> read) {
    int next = from;
    while (next < reads.size() && reads.get(next).index <= index) {
      Seen seen = reads.get(next);
      Object there = read.apply(machine);
      if (!Objects.deepEquals(seen.answer, there)) {
        throw new Violation(
            "a read at index %d gave %s, a replay %s".formatted(index, seen.answer, there));
      }
      next++;
    }
    return next;
  }

  private void require(boolean holds, int node, String what) {
    if (!holds) {
      throw watch.violated(new Violation("node " + node + ": " + what));
    }
  }

  /// A batch of one entry.
  private static final class Single implements StateMachine.Batch {
    private final long index;
    private final Applied entry;
    private @Nullable Object result;

    Single(long index, Applied entry) {
      this.index = index;
      this.entry = entry;
    }

    @Override
    public int size() {
      return 1;
    }

    @Override
    public long index(int i) {
      return index;
    }

    @Override
    public long term(int i) {
      return entry.term;
    }

    @Override
    public long time(int i) {
      return entry.time;
    }

    @Override
    public boolean isCommand(int i) {
      return entry.isCommand();
    }

    @Override
    public byte[] command(int i) {
      return entry.command;
    }

    @Override
    public void complete(int i, Object done) {
      result = done;
    }
  }
}
