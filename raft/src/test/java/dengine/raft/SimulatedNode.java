package dengine.raft;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;

/// A core with a simulated disk and state machine, watched by a [Ledger]. Carrying out effects
/// other than writing is up to whoever drives it.
final class SimulatedNode {

  private final int id;
  private final Membership membership;
  private final RaftOptions options;
  private final Ledger ledger;
  private final SimulatedDisk disk = new SimulatedDisk();
  private final List<Entry> applied = new ArrayList<>();
  private Optional<Raft> raft = Optional.empty();
  private long handedOut;
  private boolean expectedToFail;

  SimulatedNode(int id, Membership membership, RaftOptions options, Ledger ledger) {
    this.id = id;
    this.membership = membership;
    this.options = options;
    this.ledger = ledger;
    ledger.add(this);
  }

  int id() {
    return id;
  }

  Membership membership() {
    return membership;
  }

  RaftOptions options() {
    return options;
  }

  SimulatedDisk disk() {
    return disk;
  }

  boolean isUp() {
    return raft.isPresent();
  }

  Raft raft() {
    return raft.orElseThrow();
  }

  /// What the state machine has seen since the node started; it begins anew with each start.
  List<Entry> applied() {
    return applied;
  }

  long handedOut() {
    return handedOut;
  }

  boolean isExpectedToFail() {
    return expectedToFail;
  }

  void expectToFail() {
    expectedToFail = true;
  }

  void start(RandomGenerator random, long now) {
    applied.clear();
    handedOut = 0;
    expectedToFail = false;
    Raft.Start start = new Raft.Start(id, membership, disk.durable().hard(), disk.recovered(), 0);
    raft = Optional.of(new Raft(start, options, random, now));
  }

  void crash() {
    raft = Optional.empty();
    disk.crash();
  }

  /// Tells the core and returns its effects; writes are already with the disk.
  List<Effect> on(long now, Event event) {
    List<Effect> effects = new ArrayList<>();
    long commit = raft().commit();
    raft()
        .on(
            now,
            event,
            effect -> {
              ledger.see(this, effect);
              if (effect instanceof Effect.Persist write) {
                disk.write(write);
              }
              effects.add(effect);
            });
    ledger.seeState(this, commit);
    return effects;
  }

  void handOut(Entry entry) {
    handedOut = entry.index();
  }

  void apply(List<Entry> entries) {
    if (entries.getFirst().index() != applied.size() + 1) {
      throw new IllegalStateException(entries.getFirst() + " applied after " + applied.size());
    }
    applied.addAll(entries);
  }

  @Override
  public String toString() {
    String state =
        raft.map(
                r ->
                    "%s %s last=%s commit=%d applied=%d"
                        .formatted(
                            r.roleChange(), r.hardState(), r.last(), r.commit(), r.applied()))
            .orElse("down");
    return "node " + id + ": " + state + ", durable " + disk.durable().last();
  }
}
