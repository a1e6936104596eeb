package dengine.testkit.simulation;

import dengine.engine.spi.SnapshotStore;
import dengine.engine.spi.StorageEngine;
import dengine.engine.spi.StorageException;
import dengine.raft.Effect;
import dengine.raft.Entry;
import dengine.raft.HardState;
import dengine.raft.Membership;
import dengine.raft.Position;
import dengine.raft.RecoveredLog;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// An honest log with a mistake around it. Tells the [Sabotage] of its process where it ends.
final class SabotagedLog extends LogAround {

  private static final int CUT = 2;

  private final Sabotage sabotage;
  private final PlantedBug bug;
  private final Recovered recovered;
  private List<Effect.Persist> held = List.of();
  private boolean truncated;
  private final SabotagedSnapshots snapshots;
  private Position base;
  private long lastIndex;

  SabotagedLog(Sabotage sabotage, StorageEngine engine) {
    super(engine);
    this.sabotage = sabotage;
    this.bug = sabotage.bug();
    this.recovered = recover(inner.recovered());
    this.snapshots =
        new SabotagedSnapshots(
            bug, engine.snapshots(), engine.meta().founders().orElse(Membership.NONE));
    this.base = recovered.log().base();
    ends(recovered.log().lastIndex());
  }

  private Recovered recover(Recovered found) {
    List<Entry> memberships = found.memberships();
    return switch (bug) {
      case RECOVERY_CUTS_TOO_MUCH -> cut(found);
      case RESTART_FORGETS_THE_LATEST_CONFIGURATION ->
          new Recovered(
              found.hardState(),
              found.log(),
              memberships.subList(0, Math.max(0, memberships.size() - 1)));
      default -> found;
    };
  }

  private Recovered cut(Recovered found) {
    RecoveredLog log = found.log();
    long last = log.lastIndex() - CUT;
    if (last <= log.base().index()) {
      return found;
    }
    inner.append(List.of(new Effect.Persist(0, Optional.empty(), last + 1, List.of())));
    inner.force();
    List<RecoveredLog.TermRun> runs =
        log.runs().stream().filter(run -> run.firstIndex() <= last).toList();
    List<Entry> memberships =
        found.memberships().stream().filter(entry -> entry.index() <= last).toList();
    return new Recovered(
        found.hardState(), new RecoveredLog(log.base(), runs, last, log.lastTime()), memberships);
  }

  /// What is there at an index, if anything.
  Optional<Position> at(long index) {
    if (index == base.index()) {
      return Optional.of(base);
    }
    return index > lastIndex || index < base.index()
        ? Optional.empty()
        : Optional.of(new Position(index, inner.read(index, index + 1, 1).getFirst().term()));
  }

  private void ends(long index) {
    lastIndex = index;
    at(index).ifPresent(sabotage::wrote);
  }

  @Override
  public Recovered recovered() {
    return recovered;
  }

  @Override
  public void append(List<Effect.Persist> changes) {
    List<Effect.Persist> wanted = changes.stream().map(this::forgetful).toList();
    if (bug == PlantedBug.LOG_SYNCS_ONE_WRITE_LATE) {
      List<Effect.Persist> late = held;
      held = wanted;
      wanted = late;
    }
    if (wanted.isEmpty()) {
      return;
    }
    inner.append(wanted);
    long end = lastIndex;
    for (Effect.Persist change : wanted) {
      truncated |= change.truncateFrom() > 0;
      if (change.reset().isPresent()) {
        base = change.reset().get().position();
        end = base.index();
      }
      end = change.truncateFrom() > 0 ? change.truncateFrom() - 1 : end;
      end = change.entries().isEmpty() ? end : change.entries().getLast().index();
    }
    ends(end);
  }

  private Effect.Persist forgetful(Effect.Persist change) {
    Optional<HardState> hard = change.hardState();
    if (bug == PlantedBug.VOTE_NOT_WRITTEN) {
      hard = hard.map(state -> new HardState(state.term(), 0));
    } else if (bug == PlantedBug.TERM_NOT_WRITTEN && change.entries().isEmpty()) {
      hard = Optional.empty();
    }
    return new Effect.Persist(
        change.sequence(), hard, change.truncateFrom(), change.entries(), change.reset());
  }

  @Override
  public void force() {
    boolean skipped =
        bug == PlantedBug.LOG_NEVER_SYNCS
            || (bug == PlantedBug.LEADER_NEVER_SYNCS && sabotage.leads())
            || (bug == PlantedBug.TRUNCATION_NOT_SYNCED && truncated);
    truncated = false;
    if (skipped) {
      return;
    }
    try {
      inner.force();
    } catch (StorageException failed) {
      if (bug != PlantedBug.FAILED_SYNC_IS_TRIED_AGAIN) {
        throw failed;
      }
    }
  }

  @Override
  public SnapshotStore snapshots() {
    return snapshots;
  }

  @Override
  public void compact(Position upTo) {
    if (bug == PlantedBug.COMPACTS_BEYOND_THE_SNAPSHOT) {
      at(lastIndex).ifPresent(inner::compact);
    }
    inner.compact(upTo);
    if (upTo.index() > base.index()) {
      base = upTo;
    }
  }

  @Override
  public List<Entry> read(long from, long upTo, long maxBytes) {
    List<Entry> entries = inner.read(from, upTo, maxBytes);
    if (bug != PlantedBug.READS_BACK_WRONG_BYTES) {
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
}
