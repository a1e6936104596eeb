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
import dengine.raft.Raft;
import dengine.raft.RecoveredLog;
import dengine.raft.SnapshotPoint;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/// What a node begins with: brings snapshot, state machine and log in line, as they were or as a
/// crash left them, and finds out whether this disk has taken part before.
///
/// @param start for the core
/// @param applied for the applier
/// @param effective the configuration that counts
/// @param committed the one that cannot be taken back
record Beginning(
    Raft.Start start, AppliedState applied, Configuration effective, Configuration committed) {

  /// What the disk holds of the log, after it was brought in line.
  private record Found(HardState hardState, RecoveredLog log, List<Entry> memberships) {}

  /// Works it out; may take as long as reading a snapshot does, or twice as long.
  ///
  /// @throws StorageException if log, snapshots and state machine contradict each other
  static Beginning of(NodeBuilder.Parts parts) {
    StorageEngine storage = parts.storage();
    Optional<SnapshotPoint> newest =
        storage.snapshots().latest().map(SnapshotStore.Snapshot::point);
    LogStore.Recovered recovered = storage.log().recovered();
    requireNoGap(recovered.log().base(), newest);
    // First of all: a snapshot that cannot be read must not have cost the log anything.
    long applied = StateInLine.bring(parts, newest, recovered.log());
    Found found = inLine(storage.log(), recovered, newest);
    return assemble(parts, newest, found, applied);
  }

  private static void requireNoGap(Position base, Optional<SnapshotPoint> newest) {
    Position at = newest.map(SnapshotPoint::position).orElse(Position.ORIGIN);
    if (base.index() > at.index()) {
      throw new StorageException.Inconsistent(
          ("the log begins after %s, and the newest snapshot ends at %s: what is between is lost."
                  + " Keep a copy of the directory; if the other nodes are healthy, replace this"
                  + " node by an empty one")
              .formatted(base, at));
    }
  }

  /// A crash between a snapshot's arrival and the log's reset leaves a snapshot that the log does
  /// not reach, or contradicts: the reset is made up for (rules C1, C5).
  private static Found inLine(
      LogStore store, LogStore.Recovered recovered, Optional<SnapshotPoint> newest) {
    RecoveredLog log = recovered.log();
    Position at = newest.map(SnapshotPoint::position).orElse(Position.ORIGIN);
    if (newest.isEmpty() || holds(log, at)) {
      return new Found(recovered.hardState(), log, recovered.memberships());
    }
    // Nothing was voted for in a term that this disk has not heard of yet.
    boolean behind = recovered.hardState().term() < at.term();
    HardState hardState = behind ? new HardState(at.term(), 0) : recovered.hardState();
    Optional<HardState> changed = behind ? Optional.of(hardState) : Optional.empty();
    store.append(List.of(new Effect.Persist(0, changed, 0, List.of(), newest)));
    store.force();
    long time = newest.get().time();
    return new Found(hardState, new RecoveredLog(at, List.of(), at.index(), time), List.of());
  }

  /// Whether the log has this very entry, or begins right after it.
  static boolean holds(RecoveredLog log, Position position) {
    return position.index() <= log.lastIndex() && termAt(log, position.index()) == position.term();
  }

  /// Term of an entry of the log, or of its base.
  private static long termAt(RecoveredLog log, long index) {
    long term = log.base().term();
    for (RecoveredLog.TermRun run : log.runs()) {
      if (run.firstIndex() <= index) {
        term = run.term();
      }
    }
    return term;
  }

  private static Beginning assemble(
      NodeBuilder.Parts parts, Optional<SnapshotPoint> newest, Found found, long applied) {
    Raft.Bootstrap bootstrap = bootstrap(parts, found.log);
    Optional<Membership> founders = parts.storage().meta().founders();
    Membership initial = bootstrap == Raft.Bootstrap.FOUND ? configured(parts) : Membership.NONE;
    Membership base =
        newest
            .filter(Beginning::knowsMembers)
            .map(SnapshotPoint::membership)
            .or(() -> founders)
            .orElse(initial);
    long baseIndex = newest.map(SnapshotPoint::membershipIndex).orElse(0L);
    long after = newest.map(point -> point.position().index()).orElse(0L);
    List<Entry> memberships =
        found.memberships.stream().filter(entry -> entry.index() > after).toList();
    Raft.Start start =
        new Raft.Start(
            parts.identity().nodeId(),
            parts.storage().meta().incarnation(),
            parts.address(),
            bootstrap,
            base,
            baseIndex,
            memberships,
            found.hardState,
            found.log,
            applied);
    Configuration committed =
        bootstrap == Raft.Bootstrap.FOUND
            ? new Configuration(0, Membership.NONE, true)
            : new Configuration(baseIndex, base, true);
    Configuration effective =
        bootstrap == Raft.Bootstrap.FOUND ? new Configuration(0, base, false) : committed;
    for (Entry entry : memberships) {
      // What the state machine has is committed, and the core does not report it again.
      boolean isCommitted = entry.index() <= applied;
      effective = configuration(entry, isCommitted);
      committed = isCommitted ? effective : committed;
    }
    return new Beginning(start, applied(parts, newest, start), effective, committed);
  }

  /// Whether a snapshot says more of the members than the backup that a cluster was restored from:
  /// that names no disks, and whoever went by it could take this disk for one that was lost.
  private static boolean knowsMembers(SnapshotPoint point) {
    return point.membershipIndex() > 0 || !point.membership().namesNoDisk();
  }

  /// Whom the node is to found a cluster with. What it was restored for counts more than what is
  /// configured.
  private static Membership configured(NodeBuilder.Parts parts) {
    return parts.storage().meta().restored().orElse(parts.membership());
  }

  private static Raft.Bootstrap bootstrap(NodeBuilder.Parts parts, RecoveredLog log) {
    MetaStore meta = parts.storage().meta();
    int self = parts.identity().nodeId();
    boolean unfounded = log.lastIndex() == 0 || meta.restored().isPresent();
    if (!unfounded || meta.founders().isPresent()) {
      return Raft.Bootstrap.DONE;
    }
    Membership members = configured(parts);
    if (members.equals(Membership.NONE)) {
      return Raft.Bootstrap.JOIN;
    }
    if (!members.members().equals(List.of(self))) {
      return Raft.Bootstrap.FOUND;
    }
    String restored = members.member(self).address();
    String address = meta.restored().isPresent() ? restored : parts.address();
    TreeMap<Integer, Membership.Member> details = new TreeMap<>();
    details.put(self, new Membership.Member(address, meta.incarnation(), false, 0));
    meta.found(members.withDetails(details));
    return Raft.Bootstrap.DONE;
  }

  private static AppliedState applied(
      NodeBuilder.Parts parts, Optional<SnapshotPoint> newest, Raft.Start start) {
    long index = start.appliedIndex();
    Position position = Position.ORIGIN;
    long time = 0;
    if (newest.isPresent() && newest.get().position().index() == index) {
      position = newest.get().position();
      time = newest.get().time();
    } else if (index > 0) {
      Entry entry = parts.storage().log().read(index, index, Long.MAX_VALUE).getFirst();
      position = entry.position();
      time = entry.time();
    }
    Membership membership =
        start.bootstrap() == Raft.Bootstrap.DONE ? start.membership() : Membership.NONE;
    long membershipIndex = start.membershipIndex();
    for (Entry entry : start.memberships()) {
      if (entry.index() <= index) {
        membership = Membership.decode(entry.payload());
        membershipIndex = entry.index();
      }
    }
    return new AppliedState(
        position,
        time,
        membership,
        membershipIndex,
        start.log().base().index(),
        parts.options().snapshots());
  }

  private static Configuration configuration(Entry entry, boolean committed) {
    return new Configuration(entry.index(), Membership.decode(entry.payload()), committed);
  }
}
