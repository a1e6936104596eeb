package dengine.testkit.conformance;

import dengine.engine.spi.LogStore;
import dengine.engine.spi.MetaStore;
import dengine.engine.spi.SnapshotStore;
import dengine.engine.spi.StorageEngine;
import dengine.engine.spi.StorageException;
import dengine.raft.Effect.Persist;
import dengine.raft.Entry;
import dengine.raft.HardState;
import dengine.raft.Membership;
import dengine.raft.Position;
import dengine.raft.RecoveredLog;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A storage engine that remembers what happened, with a mistake.
final class ToyStorage implements StorageEngine, LogStore, MetaStore {

  /// What it does wrong.
  enum Mistake {
    NONE,
    BEGINS_WITH_A_TERM,
    FORGETS_TIMES,
    IGNORES_LIMITS,
    CLAMPS_RANGES,
    KEEPS_TRUNCATED_ENTRIES,
    FORGETS_RESETS,
    COMPACTS_TOO_MUCH,
    READS_FOR_ITS_OWN_THREAD,
    FORGETS_VOTES,
    TAKES_WHOEVER_OPENS,
    DRAWS_INCARNATIONS_ANEW,
    FORGETS_FOUNDERS,
    GIVES_IDENTITIES_TWICE,
    SERVES_ANYBODY,
    TAKES_NO_LOCK,
    FORGETS_SNAPSHOTS,
    LISTS_UNFINISHED,
    LISTS_NEWEST_FIRST,
    RETAINS_THE_OLDEST,
    CLOSES_WHAT_IS_READ,
    OPENS_ANYTHING,
    LOSES_WHAT_ARRIVED,
    LISTS_WHAT_ARRIVES,
    BEGINS_TRANSFERS_ANEW,
    MIXES_TRANSFERS,
    BELIEVES_TRANSFERS,
    PROMISES_ROOM,
    BUFFERS_APPENDS,
    NAMES_SNAPSHOTS_AT_ONCE,
    SYNCS_NOTHING,
    FORGETS_TO_SYNC_THE_IDENTITY,
    FORGETS_TO_SYNC_SNAPSHOTS,
    SERVES_DAMAGE,
    TRIES_WRITES_AGAIN,
    TRIES_SYNCS_AGAIN
  }

  private final ToyDisk disk;
  final Mistake mistake;
  private final Thread opener = Thread.currentThread();
  private final ToySnapshots snapshots;
  private final Recovered recovered;
  private final List<Persist> buffered = new ArrayList<>();
  private volatile LogModel log = LogModel.NEW;
  private Optional<Identity> identity = Optional.empty();
  private long incarnation;
  private Optional<Membership> founders = Optional.empty();
  private @Nullable StorageException failure;

  ToyStorage(ToyDisk disk, Identity expected, Mistake mistake) {
    this.disk = disk;
    this.mistake = mistake;
    if (disk.inUse && mistake != Mistake.TAKES_NO_LOCK) {
      throw new StorageException.Locked(ToyDisk.PATH);
    }
    if (disk.damaged >= 0 && mistake != Mistake.SERVES_DAMAGE) {
      throw new StorageException.Corrupt(ToyDisk.PATH, disk.damaged, "planted");
    }
    snapshots = new ToySnapshots(this);
    for (int i = 0; i < disk.records.size(); i++) {
      replay(disk.records.get(i), i == disk.damaged);
    }
    if (mistake == Mistake.TAKES_WHOEVER_OPENS) {
      identity = Optional.of(expected);
    }
    if (identity.isPresent()
        && !identity.get().equals(expected)
        && mistake != Mistake.SERVES_ANYBODY) {
      throw new StorageException.ForeignIdentity(ToyDisk.PATH, identity.get(), expected);
    }
    disk.inUse = true;
    snapshots.recover();
    recovered = found();
  }

  private void replay(ToyDisk.Happening record, boolean damaged) {
    switch (record) {
      case ToyDisk.Established(Identity id, long number) -> {
        identity = Optional.of(id);
        incarnation = mistake == Mistake.DRAWS_INCARNATIONS_ANEW ? number + 1 : number;
      }
      case ToyDisk.Founded(Membership members) ->
          founders = mistake == Mistake.FORGETS_FOUNDERS ? Optional.empty() : Optional.of(members);
      case ToyDisk.Changed(Persist change) -> {
        boolean ignored = mistake == Mistake.FORGETS_RESETS && change.reset().isPresent();
        if (!damaged && !ignored) {
          log = log.after(change);
        }
      }
      case ToyDisk.Compacted(Position upTo) -> log = log.from(upTo);
      case ToyDisk.Finished finished -> snapshots.replay(finished);
      case ToyDisk.Retained(int count) -> snapshots.keep(count);
      case ToyDisk.Arriving arriving -> snapshots.replay(arriving);
    }
  }

  private Recovered found() {
    HardState hardState = log.hardState();
    if (mistake == Mistake.BEGINS_WITH_A_TERM && hardState.term() == 0) {
      hardState = new HardState(1, 0);
    } else if (mistake == Mistake.FORGETS_VOTES) {
      hardState = new HardState(hardState.term(), 0);
    }
    List<Entry> memberships =
        log.entries().stream().filter(it -> it.kind() == Entry.Kind.MEMBERSHIP).toList();
    return new Recovered(hardState, runs(), memberships);
  }

  private RecoveredLog runs() {
    List<RecoveredLog.TermRun> runs = new ArrayList<>();
    for (Entry entry : log.entries()) {
      if (runs.isEmpty() || runs.getLast().term() != entry.term()) {
        runs.add(new RecoveredLog.TermRun(entry.index(), entry.term()));
      }
    }
    return new RecoveredLog(log.base(), runs, log.lastIndex(), log.lastTime());
  }

  void write(ToyDisk.Happening record, boolean sync) {
    if (failure != null
        && mistake != Mistake.TRIES_WRITES_AGAIN
        && mistake != Mistake.TRIES_SYNCS_AGAIN) {
      throw failure;
    }
    try {
      disk.write(record);
      if (sync && mistake != Mistake.SYNCS_NOTHING) {
        disk.sync();
      }
    } catch (StorageException e) {
      failure = e;
      throw e;
    }
  }

  @Override
  public LogStore log() {
    return this;
  }

  @Override
  public SnapshotStore snapshots() {
    return snapshots;
  }

  @Override
  public MetaStore meta() {
    return this;
  }

  @Override
  public Recovered recovered() {
    return recovered;
  }

  @Override
  public void append(List<Persist> changes) {
    for (Persist change : changes) {
      if (mistake == Mistake.BUFFERS_APPENDS) {
        buffered.add(change);
      } else {
        write(new ToyDisk.Changed(change), false);
      }
      Persist done = change;
      if (mistake == Mistake.KEEPS_TRUNCATED_ENTRIES && change.truncateFrom() > 0) {
        List<Entry> rest =
            log.between(change.truncateFrom() + change.entries().size(), log.lastIndex());
        List<Entry> all = new ArrayList<>(change.entries());
        all.addAll(rest);
        done = new Persist(0, change.hardState(), change.truncateFrom(), all);
      }
      log = log.after(done);
    }
  }

  @Override
  public void force() {
    if (failure != null
        && mistake != Mistake.TRIES_WRITES_AGAIN
        && mistake != Mistake.TRIES_SYNCS_AGAIN) {
      throw failure;
    }
    try {
      buffered.forEach(change -> disk.write(new ToyDisk.Changed(change)));
      buffered.clear();
      if (mistake != Mistake.SYNCS_NOTHING) {
        disk.sync();
      }
    } catch (StorageException e) {
      failure = e;
      throw e;
    }
  }

  @Override
  public List<Entry> read(long from, long upTo, long maxBytes) {
    if (mistake == Mistake.READS_FOR_ITS_OWN_THREAD && !Thread.currentThread().equals(opener)) {
      throw new IllegalStateException("another thread");
    }
    LogModel now = log;
    if (from <= now.base().index() || upTo > now.lastIndex()) {
      if (mistake == Mistake.CLAMPS_RANGES) {
        return List.of();
      }
      throw new StorageException.OutOfRange(from, upTo, now.base().index() + 1, now.lastIndex());
    }
    List<Entry> entries = new ArrayList<>();
    long bytes = 0;
    for (Entry entry : now.between(from, upTo)) {
      bytes += entry.size();
      if (bytes > maxBytes && !entries.isEmpty() && mistake != Mistake.IGNORES_LIMITS) {
        break;
      }
      boolean forgets = mistake == Mistake.FORGETS_TIMES;
      entries.add(
          forgets
              ? new Entry(entry.index(), entry.term(), 0, entry.kind(), entry.payload())
              : entry);
    }
    return entries;
  }

  @Override
  public void compact(Position upTo) {
    write(new ToyDisk.Compacted(upTo), true);
    log = log.from(upTo);
    if (mistake == Mistake.COMPACTS_TOO_MUCH && log.entries().size() > 1) {
      log = log.from(log.entries().getFirst().position());
    }
  }

  @Override
  public Optional<Identity> identity() {
    return identity;
  }

  @Override
  public long incarnation() {
    return incarnation;
  }

  @Override
  public Optional<Membership> founders() {
    return founders;
  }

  @Override
  public void establish(Identity wanted, long number) {
    if (identity.isPresent() && mistake != Mistake.GIVES_IDENTITIES_TWICE) {
      throw new StorageException.ForeignIdentity(ToyDisk.PATH, identity.get(), wanted);
    }
    write(new ToyDisk.Established(wanted, number), mistake != Mistake.FORGETS_TO_SYNC_THE_IDENTITY);
    identity = Optional.of(wanted);
    incarnation = number;
  }

  @Override
  public void found(Membership members) {
    write(new ToyDisk.Founded(members), true);
    founders = Optional.of(members);
  }

  @Override
  public void close() {
    disk.inUse = false;
  }
}
