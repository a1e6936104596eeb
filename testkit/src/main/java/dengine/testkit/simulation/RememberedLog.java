package dengine.testkit.simulation;

import dengine.engine.spi.LogStore;
import dengine.engine.spi.StorageEngine;
import dengine.raft.Effect;
import dengine.raft.Entry;
import dengine.raft.HardState;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/// Keeps in plain lists what a node writes to its log, and up to where it was synced, to compare it
/// with what is found when the disk is opened from scratch after the node died.
final class RememberedLog extends LogAround {

  private static final class Image {
    private HardState hard;
    private final List<Entry> entries;

    Image(HardState hard, List<Entry> entries) {
      this.hard = hard;
      this.entries = new ArrayList<>(entries);
    }

    void apply(Effect.Persist change) {
      hard = change.hardState().orElse(hard);
      if (change.truncateFrom() > 0) {
        entries.subList((int) change.truncateFrom() - 1, entries.size()).clear();
      }
      entries.addAll(change.entries());
    }

    /// Rule D8: the term is at least that of the last entry.
    private HardState repaired() {
      long lastTerm = entries.isEmpty() ? 0 : entries.getLast().term();
      return lastTerm > hard.term() ? new HardState(lastTerm, 0) : hard;
    }

    boolean holds(Image other) {
      return repaired().equals(other.repaired()) && entries.equals(other.entries);
    }

    @Override
    public String toString() {
      return repaired() + ", " + entries.size() + " entries " + entries;
    }
  }

  private final Image synced;
  private final ArrayDeque<Effect.Persist> unsynced = new ArrayDeque<>();

  /// How many of these were certainly written: of a write that did not return nobody can know.
  private int written;

  RememberedLog(StorageEngine engine) {
    super(engine);
    this.synced = image(inner);
  }

  private static Image image(LogStore log) {
    Recovered found = log.recovered();
    long last = found.log().lastIndex();
    return new Image(found.hardState(), last == 0 ? List.of() : log.read(1, last, Long.MAX_VALUE));
  }

  /// Compares what was found after this log's node died.
  ///
  /// @param complete whether everything that was written must be there, synced or not
  /// @throws Violation if the log found is none that the node wrote
  void compare(LogStore found, boolean complete) {
    Image there = image(found);
    Image expected = new Image(synced.hard, synced.entries);
    int needed = complete ? written : 0;
    if (needed == 0 && there.holds(expected)) {
      return;
    }
    int applied = 0;
    for (Effect.Persist change : unsynced) {
      expected.apply(change);
      applied++;
      if (applied >= needed && there.holds(expected)) {
        return;
      }
    }
    throw new Violation("wrote " + expected + ", found " + there);
  }

  @Override
  public void append(List<Effect.Persist> changes) {
    unsynced.addAll(changes);
    inner.append(changes);
    written = unsynced.size();
  }

  @Override
  public void force() {
    inner.force();
    unsynced.forEach(synced::apply);
    unsynced.clear();
    written = 0;
  }
}
