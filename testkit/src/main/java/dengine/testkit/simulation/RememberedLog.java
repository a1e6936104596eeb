package dengine.testkit.simulation;

import dengine.engine.spi.LogStore;
import dengine.engine.spi.MetaStore;
import dengine.engine.spi.SnapshotStore;
import dengine.engine.spi.StorageEngine;
import dengine.raft.Effect;
import dengine.raft.Entry;
import dengine.raft.Membership;
import dengine.raft.Position;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/// Keeps in plain lists what a node writes to its log and its snapshots, and up to where it was
/// synced, to compare it with what is found when the disk is opened from scratch after the node
/// died.
final class RememberedLog extends LogAround {

  private final LogImage synced;

  /// With what is not synced yet.
  private final LogImage present;

  private final RememberedSnapshots snapshots;
  private final WatchedMeta watched;
  private final ArrayDeque<Effect.Persist> unsynced = new ArrayDeque<>();

  /// Up to where the log need not hold anything any more.
  private long dispensable;

  /// How many of these were certainly written: of a write that did not return nobody can know.
  private int written;

  RememberedLog(StorageEngine engine) {
    super(engine);
    this.synced = LogImage.of(inner);
    this.present = synced.copy();
    this.snapshots = new RememberedSnapshots(engine.snapshots());
    this.watched = new WatchedMeta(engine.meta());
  }

  @Override
  public RememberedSnapshots snapshots() {
    return snapshots;
  }

  /// What the node has written, synced or not.
  LogImage image() {
    return present;
  }

  /// What no power cut takes back.
  LogImage safe() {
    return synced;
  }

  /// The configuration that counts after a restart: the last in the log, or that of the newest
  /// snapshot, or the founders'.
  Optional<Membership> lastMembership() {
    return present
        .lastMembership()
        .or(() -> snapshots.latest().map(snapshot -> snapshot.point().membership()))
        .or(() -> meta().founders());
  }

  /// Every configuration that the node knows.
  List<Membership> configurations() {
    List<Membership> all = new ArrayList<>();
    present.memberships().forEach(entry -> all.add(Membership.decode(entry.payload())));
    snapshots.list().forEach(snapshot -> all.add(snapshot.point().membership()));
    meta().founders().ifPresent(all::add);
    return all;
  }

  @Override
  public MetaStore meta() {
    return watched;
  }

  /// Tells whom it may concern that the cluster is founded.
  void whenFounded(Consumer<Membership> whom) {
    watched.founded = whom;
    meta().founders().ifPresent(whom); // perhaps it died before it could say so
  }

  private static final class WatchedMeta implements MetaStore {
    private final MetaStore inner;
    private Consumer<Membership> founded = _ -> {};

    WatchedMeta(MetaStore inner) {
      this.inner = inner;
    }

    @Override
    public Optional<Identity> identity() {
      return inner.identity();
    }

    @Override
    public long incarnation() {
      return inner.incarnation();
    }

    @Override
    public Optional<Membership> founders() {
      return inner.founders();
    }

    @Override
    public Optional<Membership> restored() {
      return inner.restored();
    }

    @Override
    public void reincarnate(long incarnation) {
      inner.reincarnate(incarnation);
    }

    @Override
    public void establish(Identity identity, long incarnation) {
      inner.establish(identity, incarnation);
    }

    @Override
    public void found(Membership founders) {
      inner.found(founders);
      founded.accept(founders);
    }
  }

  /// How many entries came after the newest snapshot.
  long sinceSnapshot() {
    return present.lastIndex() - snapshots.newest(present.lastIndex());
  }

  /// How many bytes of entries a log on disk still has that are so far before the newest snapshot.
  long bytesBefore(LogStore found, long entries) {
    LogImage there = LogImage.of(found);
    long end = snapshots.newest(present.lastIndex()) - entries;
    long bytes = 0;
    for (long index = there.base().index() + 1; index <= end; index++) {
      bytes += there.entry(index).map(entry -> entry.payload().length).orElse(0);
    }
    return bytes;
  }

  /// Compares what was found after this log's node died.
  ///
  /// @param complete whether everything that was written must be there, synced or not
  /// @throws Violation if what was found is nothing that the node wrote
  void compare(LogStore log, SnapshotStore found, boolean complete) {
    snapshots.compare(found);
    LogImage there = LogImage.of(log);
    if (!there.memberships().equals(log.recovered().memberships())) {
      throw new Violation(
          "the log has the configurations "
              + there.memberships()
              + ", recovery reports "
              + log.recovered().memberships());
    }
    LogImage expected = synced.copy();
    int needed = complete ? written : 0;
    if (needed == 0 && there.isLeftOf(expected, dispensable)) {
      return;
    }
    int applied = 0;
    for (Effect.Persist change : unsynced) {
      expected.apply(change);
      applied++;
      if (applied >= needed && there.isLeftOf(expected, dispensable)) {
        return;
      }
    }
    throw new Violation("wrote " + expected + ", found " + there);
  }

  @Override
  public void append(List<Effect.Persist> changes) {
    unsynced.addAll(changes);
    inner.append(changes);
    changes.forEach(present::apply);
    written = unsynced.size();
  }

  @Override
  public void force() {
    inner.force();
    unsynced.forEach(synced::apply);
    unsynced.clear();
    written = 0;
  }

  @Override
  public void compact(Position upTo) {
    dispensable = Math.max(dispensable, upTo.index());
    inner.compact(upTo);
  }

  /// The entry at an index, if it was written in this life or found at its beginning.
  Optional<Entry> entry(long index) {
    return present.entry(index);
  }
}
