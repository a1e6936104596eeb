package dengine.engine;

import dengine.engine.spi.LogStore;
import dengine.engine.spi.MetaStore;
import dengine.engine.spi.StorageEngine;
import dengine.engine.spi.StorageException;
import dengine.raft.Effect;
import dengine.raft.Entry;
import dengine.raft.HardState;
import dengine.raft.RecoveredLog;
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
  public void establish(Identity who) {
    identity = who;
  }

  @Override
  public synchronized Recovered recovered() {
    List<RecoveredLog.TermRun> runs = new ArrayList<>();
    for (Entry entry : entries) {
      if (runs.isEmpty() || runs.getLast().term() != entry.term()) {
        runs.add(new RecoveredLog.TermRun(entry.index(), entry.term()));
      }
    }
    long time = entries.isEmpty() ? 0 : entries.getLast().time();
    return new Recovered(
        hardState, new RecoveredLog(dengine.raft.Position.ORIGIN, runs, entries.size(), time));
  }

  @Override
  public synchronized void append(List<Effect.Persist> changes) {
    appends.incrementAndGet();
    for (Effect.Persist change : changes) {
      change.hardState().ifPresent(state -> hardState = state);
      if (change.truncateFrom() > 0) {
        entries.subList((int) change.truncateFrom() - 1, entries.size()).clear();
      }
      entries.addAll(change.entries());
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
    return List.copyOf(entries.subList((int) from - 1, (int) upTo));
  }

  @Override
  public void close() {
    closed = true;
  }
}
