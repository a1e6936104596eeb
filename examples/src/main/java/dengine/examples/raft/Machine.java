package dengine.examples.raft;

import dengine.raft.Effect;
import dengine.raft.Entry;
import dengine.raft.Event;
import dengine.raft.HardState;
import dengine.raft.Membership;
import dengine.raft.Message;
import dengine.raft.Position;
import dengine.raft.Raft;
import dengine.raft.RaftOptions;
import dengine.raft.RecoveredLog;
import dengine.raft.RecoveredLog.TermRun;
import dengine.raft.RoleChange;
import dengine.raft.SnapshotPoint;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// The host of one core: does what the core asks for, and tells it when that is done. What it holds
/// in fields would be on a disk in earnest; only [#core], and what was applied, die with the
/// process.
final class Machine {

  /// A snapshot of what was applied.
  record Snapshot(SnapshotPoint point, List<String> state) {}

  /// How to reach the others.
  interface Network {
    void send(int from, int to, Message message);

    /// The file that a peer offered, if it still has it; tells the peer that it is here.
    Optional<Snapshot> fetch(int from, int to, Message.OfferSnapshot offer);
  }

  private final int id;
  private final Membership founders;
  private final Network network;

  // "On disk".
  private final TreeMap<Long, Entry> log = new TreeMap<>();
  private HardState hardState = HardState.INITIAL;
  private Position base = Position.ORIGIN;
  private long baseTime;
  private @Nullable Snapshot snapshot;

  // In the process.
  private final ArrayDeque<Event> inbox = new ArrayDeque<>();
  private @Nullable Raft core;
  private final List<String> applied = new ArrayList<>();
  private @Nullable Entry lastApplied;

  Machine(int id, Membership founders, Network network) {
    this.id = id;
    this.founders = founders;
    this.network = network;
  }

  /// Starts the process: with what is on disk, and nothing else.
  void start(long now) {
    inbox.clear();
    applied.clear();
    lastApplied = null;
    long from = 0;
    if (snapshot != null) {
      SnapshotPoint point = snapshot.point;
      if (!holds(point.position())) {
        // It died after the snapshot had arrived, and before the log was reset.
        begin(point.position(), point.time());
        log.clear();
        hardState = new HardState(Math.max(hardState.term(), point.position().term()), 0);
      }
      applied.addAll(snapshot.state);
      from = point.position().index();
    }
    Raft.Start start = new Raft.Start(id, founders, hardState, recovered(), from);
    core = new Raft(start, RaftOptions.DEFAULT, new SplittableRandom(id), now);
  }

  private boolean holds(Position position) {
    Entry entry = log.get(position.index());
    return position.equals(base) || (entry != null && entry.position().equals(position));
  }

  private RecoveredLog recovered() {
    List<TermRun> runs = new ArrayList<>();
    for (Entry entry : log.values()) {
      if (runs.isEmpty() || runs.getLast().term() != entry.term()) {
        runs.add(new TermRun(entry.index(), entry.term()));
      }
    }
    long last = log.isEmpty() ? base.index() : log.lastKey();
    long time = log.isEmpty() ? baseTime : log.lastEntry().getValue().time();
    return new RecoveredLog(base, runs, last, time);
  }

  /// The process dies.
  void kill() {
    core = null;
  }

  boolean leads() {
    return core != null && core.roleChange().role() == RoleChange.Kind.LEADER;
  }

  List<String> applied() {
    return List.copyOf(applied);
  }

  long logBegins() {
    return base.index() + 1;
  }

  Optional<Snapshot> snapshot() {
    return Optional.ofNullable(snapshot);
  }

  /// Leaves something for the next [#work]. Whoever is dead hears nothing.
  void tell(Event event) {
    if (core != null) {
      inbox.add(event);
    }
  }

  /// Tells the core what happened, one by one, and does what it wants done about it.
  ///
  /// @return whether there was anything
  boolean work(long now) {
    Raft alive = core;
    Event event = inbox.poll();
    if (alive == null || event == null) {
      return false;
    }
    // Answers wait in the inbox: effects are carried out in the order in which they came.
    List<Effect> effects = new ArrayList<>();
    alive.on(now, event, effects::add);
    effects.forEach(this::carryOut);
    return true;
  }

  /// Snapshots what is applied. The core then says how much of the log may go.
  void takeSnapshot() {
    if (lastApplied != null) {
      Position position = lastApplied.position();
      SnapshotPoint point = new SnapshotPoint(position, lastApplied.time(), founders, 0);
      snapshot = new Snapshot(point, applied());
      tell(new Event.SnapshotTaken(point, position.index() + 1));
    }
  }

  /// A switch without `default`: an effect that is added later breaks this at compile time.
  private void carryOut(Effect effect) {
    switch (effect) {
      case Effect.Persist change -> {
        persist(change);
        tell(new Event.Persisted(change.sequence()));
      }
      case Effect.Send(int to, Message message) -> network.send(id, to, message);
      case Effect.Apply(List<Entry> entries) -> {
        entries.forEach(this::apply);
        tell(new Event.Applied(entries.getLast().index()));
      }
      case Effect.ReadEntries(int reader, long from, long upTo, long _) -> {
        List<Entry> entries = List.copyOf(log.subMap(from, true, upTo, true).values());
        tell(new Event.EntriesRead(reader, from, entries));
      }
      case Effect.Compact(Position upTo) -> compact(upTo);
      case Effect.SendSnapshot(int to, long term, long session) -> offer(to, term, session);
      case Effect.FetchSnapshot(int from, Message.OfferSnapshot offer) -> fetch(from, offer);
      case Effect.Install(SnapshotPoint point) -> install(point);
      case Effect.Found _ -> tell(new Event.Founded());
      case Effect.Fatal(Throwable cause) -> throw new IllegalStateException(cause);
      // Here, in earnest, whoever waits for an answer or wants to know who leads is told.
      case Effect.Accept _, Effect.Refuse _, Effect.ServeReads _ -> {}
      case Effect.Announce _, Effect.Configured _ -> {}
    }
  }

  private void persist(Effect.Persist change) {
    change.hardState().ifPresent(next -> hardState = next);
    if (change.reset().isPresent()) {
      log.clear();
      begin(change.reset().get().position(), change.reset().get().time());
    }
    if (change.truncateFrom() > 0) {
      log.tailMap(change.truncateFrom(), true).clear();
    }
    change.entries().forEach(entry -> log.put(entry.index(), entry));
  }

  private void compact(Position upTo) {
    Entry last = log.get(upTo.index());
    if (last == null) {
      throw new IllegalStateException("there is no entry at " + upTo);
    }
    begin(upTo, last.time());
  }

  /// The log begins behind this position.
  private void begin(Position position, long time) {
    base = position;
    baseTime = time;
    log.headMap(position.index(), true).clear();
  }

  private void apply(Entry entry) {
    lastApplied = entry;
    if (entry.kind() == Entry.Kind.COMMAND) {
      applied.add(new String(entry.payload(), StandardCharsets.UTF_8));
    }
  }

  private void offer(int to, long term, long session) {
    if (snapshot != null) {
      long bytes = snapshot.state.toString().length();
      long fingerprint = snapshot.state.hashCode();
      network.send(
          id, to, new Message.OfferSnapshot(term, session, snapshot.point, bytes, fingerprint));
    }
  }

  private void fetch(int from, Message.OfferSnapshot offer) {
    Optional<Snapshot> file = network.fetch(from, id, offer);
    if (file.isPresent()) {
      snapshot = file.get();
      tell(new Event.SnapshotFetched(offer.point()));
    } else {
      tell(new Event.FetchFailed(offer.point().position()));
    }
  }

  private void install(SnapshotPoint point) {
    applied.clear();
    applied.addAll(snapshot().orElseThrow().state);
    lastApplied = null; // what is in the snapshot needs no new one
    tell(new Event.Installed(point.position().index()));
  }
}
