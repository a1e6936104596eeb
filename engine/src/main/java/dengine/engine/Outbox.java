package dengine.engine;

import dengine.raft.Effect;
import dengine.raft.Entry;
import dengine.raft.Membership;
import dengine.raft.SnapshotPoint;
import java.util.ArrayList;
import java.util.List;

/// What a turn of the event loop has led to and what reaches outside: it leaves at the turn's end,
/// in the order that serves best. Owned by the event loop.
final class Outbox {

  /// What goes to the applier, which needs it in order.
  private sealed interface Handed {}

  private record Entries(List<Entry> entries, List<WriteCall> calls) implements Handed {}

  private record State(SnapshotPoint point) implements Handed {}

  private record Founders(Membership membership) implements Handed {}

  private final List<Effect.Persist> persists = new ArrayList<>();
  private final List<Effect.Compact> compactions = new ArrayList<>();
  private final List<Effect.Found> foundings = new ArrayList<>();
  private final List<Effect.Send> sends = new ArrayList<>();
  private final List<Handed> handed = new ArrayList<>();
  private final List<Effect.ServeReads> served = new ArrayList<>();
  private final List<Effect.SendSnapshot> snapshotSends = new ArrayList<>();
  private final List<Effect.FetchSnapshot> snapshotFetches = new ArrayList<>();

  void add(Effect.Persist persist) {
    persists.add(persist);
  }

  void add(Effect.Compact compact) {
    compactions.add(compact);
  }

  void add(Effect.Found found) {
    foundings.add(found);
    handed.add(new Founders(found.membership()));
  }

  void add(Effect.Send send) {
    sends.add(send);
  }

  void add(List<Entry> entries, List<WriteCall> calls) {
    handed.add(new Entries(entries, calls));
  }

  void add(Effect.Install install) {
    handed.add(new State(install.point()));
  }

  void add(Effect.ServeReads reads) {
    served.add(reads);
  }

  void add(Effect.SendSnapshot send) {
    snapshotSends.add(send);
  }

  void add(Effect.FetchSnapshot fetch) {
    snapshotFetches.add(fetch);
  }

  /// What the disk gets: it is the slowest, and works while the rest is done.
  void toDisk(EventLoop.Outlets outlets) {
    if (!persists.isEmpty()) {
      outlets.writer().submit(persists);
      for (Effect.Persist persist : persists) {
        persist.reset().ifPresent(point -> outlets.snapshots().logBegins(point.position()));
      }
      persists.clear();
    }
    for (Effect.Compact compact : compactions) {
      outlets.writer().compact(compact);
      outlets.snapshots().logBegins(compact.upTo());
    }
    compactions.clear();
    foundings.forEach(outlets.writer()::found);
    foundings.clear();
  }

  /// All the rest.
  void toOthers(EventLoop.Outlets outlets) {
    for (Effect.Send send : sends) {
      outlets.transport().send(send.to(), send.message());
    }
    sends.clear();
    for (Handed next : handed) {
      switch (next) {
        case Entries(List<Entry> entries, List<WriteCall> calls) ->
            outlets.applier().apply(entries, calls);
        case State(SnapshotPoint point) -> outlets.applier().install(point);
        case Founders(Membership membership) -> outlets.applier().found(membership);
      }
    }
    handed.clear();
    for (Effect.ServeReads reads : served) {
      outlets.applier().serve(reads.tickets(), reads.index());
    }
    served.clear();
    snapshotSends.forEach(outlets.snapshots().transfers()::send);
    snapshotSends.clear();
    snapshotFetches.forEach(outlets.snapshots().transfers()::fetch);
    snapshotFetches.clear();
  }

  /// Nothing of it leaves.
  void clear() {
    persists.clear();
    compactions.clear();
    foundings.clear();
    sends.clear();
    handed.clear();
    served.clear();
    snapshotSends.clear();
    snapshotFetches.clear();
  }
}
