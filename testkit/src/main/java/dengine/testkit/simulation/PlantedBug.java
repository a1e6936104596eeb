package dengine.testkit.simulation;

import dengine.engine.spi.LogStore;
import dengine.engine.spi.MetaStore;
import dengine.engine.spi.StorageEngine;
import dengine.raft.Effect;
import dengine.raft.Entry;
import dengine.raft.HardState;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;

/// A mistake between the engine and its surroundings, to see that the simulator notices it. None
/// of them needs a switch in the engine: they are put around its ports.
enum PlantedBug {
  NONE,
  /// Syncs of the log do nothing.
  LOG_NEVER_SYNCS,
  /// What is synced is what was written before the last write.
  LOG_SYNCS_ONE_WRITE_LATE,
  /// A vote is in memory only.
  VOTE_NOT_WRITTEN,
  /// A new term is in memory only, unless entries come with it.
  TERM_NOT_WRITTEN,
  /// The disk reports syncs that it does not do.
  DISK_LIES,
  /// A node that restarts gets the disk it had some restarts ago.
  DISK_FROM_THE_PAST,
  /// A node that restarts may get an empty disk.
  DISK_WIPED,
  /// Entries that are read back for a follower are those of another time.
  READS_BACK_WRONG_BYTES;

  /// A node is about to start again.
  void beforeRestart(Machine machine, RandomGenerator random) {
    if (this == DISK_FROM_THE_PAST) {
      machine.swapDisk(random.nextInt(3) == 0);
    } else if (this == DISK_WIPED && random.nextInt(3) == 0) {
      machine.wipeDisk();
    }
  }

  /// Puts the mistake around a node's storage.
  StorageEngine around(StorageEngine honest) {
    return switch (this) {
      case LOG_NEVER_SYNCS,
          LOG_SYNCS_ONE_WRITE_LATE,
          VOTE_NOT_WRITTEN,
          TERM_NOT_WRITTEN,
          READS_BACK_WRONG_BYTES ->
          new Wrong(honest);
      case NONE, DISK_LIES, DISK_FROM_THE_PAST, DISK_WIPED -> honest;
    };
  }

  private final class Wrong implements StorageEngine, LogStore {
    private final StorageEngine engine;
    private final LogStore honest;
    private List<Effect.Persist> held = List.of();

    Wrong(StorageEngine engine) {
      this.engine = engine;
      this.honest = engine.log();
    }

    @Override
    public LogStore log() {
      return this;
    }

    @Override
    public MetaStore meta() {
      return engine.meta();
    }

    @Override
    public Recovered recovered() {
      return honest.recovered();
    }

    @Override
    public void append(List<Effect.Persist> changes) {
      if (PlantedBug.this == LOG_SYNCS_ONE_WRITE_LATE) {
        List<Effect.Persist> late = held;
        held = List.copyOf(changes);
        if (!late.isEmpty()) {
          honest.append(late);
        }
        return;
      }
      honest.append(changes.stream().map(this::forgetful).toList());
    }

    private Effect.Persist forgetful(Effect.Persist change) {
      Optional<HardState> hard = change.hardState();
      if (PlantedBug.this == VOTE_NOT_WRITTEN) {
        hard = hard.map(state -> new HardState(state.term(), 0));
      } else if (PlantedBug.this == TERM_NOT_WRITTEN && change.entries().isEmpty()) {
        hard = Optional.empty();
      }
      return new Effect.Persist(change.sequence(), hard, change.truncateFrom(), change.entries());
    }

    @Override
    public void force() {
      if (PlantedBug.this != LOG_NEVER_SYNCS) {
        honest.force();
      }
    }

    @Override
    public List<Entry> read(long from, long upTo, long maxBytes) {
      List<Entry> entries = honest.read(from, upTo, maxBytes);
      if (PlantedBug.this != READS_BACK_WRONG_BYTES) {
        return entries;
      }
      List<Entry> wrong = new ArrayList<>();
      for (Entry entry : entries) {
        byte[] payload = entry.payload().clone();
        if (payload.length > 0) {
          payload[payload.length - 1] ^= 1;
        }
        wrong.add(new Entry(entry.index(), entry.term(), entry.time(), entry.kind(), payload));
      }
      return wrong;
    }

    @Override
    public void close() {
      engine.close();
    }
  }
}
