package dengine.engine;

import dengine.engine.spi.Clock;
import dengine.engine.spi.Execution;
import dengine.engine.spi.MetaStore;
import dengine.engine.spi.StateMachine;
import dengine.raft.Effect;
import dengine.raft.Entry;
import dengine.raft.HardState;
import dengine.raft.Membership;
import dengine.raft.Position;
import dengine.raft.SnapshotPoint;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;

/// A disk and a state machine as a node finds them when it starts.
final class FoundAtStart {

  static final MetaStore.Identity SELF = new MetaStore.Identity(7, 1);

  final MemoryStorage disk = new MemoryStorage();
  final Machine machine = new Machine();

  Persistence persistence = new Persistence.DiskFirst();

  Beginning begin(Membership initial) {
    if (disk.identity().isEmpty()) {
      disk.establish(SELF, 42);
    }
    return Beginning.of(
        new NodeBuilder.Parts(
            SELF,
            initial,
            disk,
            machine,
            new Hub().transportOf(1),
            NodeOptions.DEFAULT.withPersistence(persistence),
            Clock.SYSTEM,
            Execution.THREADS,
            new Random(1),
            "here:1"));
  }

  static Effect.Persist persist(long sequence, Entry... entries) {
    List<Entry> all = new ArrayList<>(List.of(noop(1)));
    all.addAll(List.of(entries));
    return new Effect.Persist(sequence, Optional.of(new HardState(1, 1)), 0, all);
  }

  static Entry noop(long index) {
    return new Entry(index, 1, index * 100, Entry.Kind.NOOP, new byte[0]);
  }

  static Entry command(long index) {
    return new Entry(index, 1, index * 100, Entry.Kind.COMMAND, new byte[0]);
  }

  static Entry membership(long index, Membership membership) {
    return new Entry(index, 1, index * 100, Entry.Kind.MEMBERSHIP, membership.encode());
  }

  static SnapshotPoint point(long index, long term, Membership membership, long at) {
    return new SnapshotPoint(new Position(index, term), index * 100, membership, at);
  }

  /// A machine that says what a test tells it, and remembers what it was told.
  static final class Machine implements StateMachine {
    final List<String> restored = new ArrayList<>();
    final List<String> asked = new ArrayList<>();
    long applied;
    long term;
    long time;
    String owner = "node 1 of cluster 7 in 42";
    boolean discards = true;
    int discarded;

    @Override
    public long appliedIndex() {
      return applied;
    }

    @Override
    public long appliedTerm() {
      return term;
    }

    @Override
    public long appliedTime() {
      return time;
    }

    @Override
    public boolean belongsTo(MetaStore.Identity node, long incarnation) {
      asked.add(node + " in " + incarnation);
      return asked.getLast().equals(owner);
    }

    @Override
    public boolean discard() {
      if (discards) {
        discarded++;
        applied = 0;
        term = 0;
        time = 0;
      }
      return discards;
    }

    @Override
    public String toString() {
      return "a machine";
    }

    @Override
    public void apply(Batch batch) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void restore(InputStream snapshot, long index, long at, long time) throws IOException {
      restored.add(snapshot.read() + " at " + index + " term " + at + " time " + time);
    }
  }
}
