package dengine.engine;

import dengine.engine.spi.LogStore;
import dengine.engine.spi.MetaStore;
import dengine.engine.spi.SnapshotStore;
import dengine.engine.spi.StorageEngine;
import dengine.engine.spi.StorageException;
import dengine.raft.Effect;
import dengine.raft.Entry;
import dengine.raft.HardState;
import dengine.raft.Membership;
import dengine.raft.Position;
import dengine.raft.RecoveredLog;
import dengine.raft.SnapshotPoint;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/// A storage in memory whose syncs a test can hold up, count and break. What was appended and not
/// forced is kept apart, as an operating system would.
final class MemoryStorage implements StorageEngine, LogStore, MetaStore {

  private final List<Entry> entries = new ArrayList<>();
  private HardState hardState = HardState.INITIAL;
  private @Nullable Identity identity;
  private @Nullable Membership founders;
  private @Nullable Membership restored;
  private long incarnation;
  private Position base = Position.ORIGIN;
  private long baseTime;
  final MemorySnapshots snapshots = new MemorySnapshots();
  final AtomicInteger forces = new AtomicInteger();
  final AtomicInteger appends = new AtomicInteger();
  volatile boolean failNextForce;
  volatile boolean closed;
  private volatile @Nullable Semaphore gate;

  /// Holds every force until [#release].
  void hold() {
    gate = new Semaphore(0);
  }

  void release() {
    Semaphore held = gate;
    gate = null;
    if (held != null) {
      held.release(1000);
    }
  }

  @Override
  public LogStore log() {
    return this;
  }

  @Override
  public MetaStore meta() {
    return this;
  }

  @Override
  public Optional<Identity> identity() {
    return Optional.ofNullable(identity);
  }

  @Override
  public void establish(Identity who, long random) {
    identity = who;
    incarnation = random;
  }

  @Override
  public long incarnation() {
    return incarnation;
  }

  @Override
  public synchronized Optional<Membership> founders() {
    return Optional.ofNullable(founders);
  }

  @Override
  public synchronized void found(Membership members) {
    founders = members;
    restored = null;
  }

  @Override
  public synchronized Optional<Membership> restored() {
    return Optional.ofNullable(restored);
  }

  @Override
  public synchronized void reincarnate(long random) {
    incarnation = random;
  }

  /// As if a backup had been restored here for these members; null for none.
  synchronized void restoreFor(@Nullable Membership members) {
    restored = members;
  }

  @Override
  public SnapshotStore snapshots() {
    return snapshots;
  }

  @Override
  public synchronized Recovered recovered() {
    List<RecoveredLog.TermRun> runs = new ArrayList<>();
    for (Entry entry : entries) {
      if (runs.isEmpty() || runs.getLast().term() != entry.term()) {
        runs.add(new RecoveredLog.TermRun(entry.index(), entry.term()));
      }
    }
    long time = entries.isEmpty() ? baseTime : entries.getLast().time();
    long last = base.index() + entries.size();
    return new Recovered(
        hardState,
        new RecoveredLog(base, runs, last, time),
        entries.stream().filter(entry -> entry.kind() == Entry.Kind.MEMBERSHIP).toList());
  }

  @Override
  public synchronized void append(List<Effect.Persist> changes) {
    appends.incrementAndGet();
    for (Effect.Persist change : changes) {
      change.hardState().ifPresent(state -> hardState = state);
      change.reset().ifPresent(this::reset);
      if (change.truncateFrom() > 0) {
        entries.subList(at(change.truncateFrom()), entries.size()).clear();
      }
      entries.addAll(change.entries());
    }
  }

  private void reset(SnapshotPoint point) {
    entries.clear();
    base = point.position();
    baseTime = point.time();
  }

  private int at(long index) {
    return (int) (index - base.index() - 1);
  }

  @Override
  public synchronized void compact(Position upTo) {
    if (upTo.index() > base.index()) {
      entries.subList(0, at(upTo.index() + 1)).clear();
      base = upTo;
    }
  }

  @Override
  public void force() {
    Semaphore held = gate;
    if (held != null) {
      held.acquireUninterruptibly();
    }
    if (failNextForce) {
      throw new StorageException.IoFailure(
          "sync", Path.of("memory"), new java.io.IOException("Input/output error"));
    }
    forces.incrementAndGet();
  }

  @Override
  public synchronized List<Entry> read(long from, long upTo, long maxBytes) {
    return List.copyOf(entries.subList(at(from), at(upTo + 1)));
  }

  @Override
  public void close() {
    closed = true;
  }
}
