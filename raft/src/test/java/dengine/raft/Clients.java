package dengine.raft;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// What users were told, and whether it was true: an acknowledged write is never lost, and a
/// linearizable or lease read sees every write that was acknowledged before the read was asked for.
final class Clients {

  record Write(long number) implements Ticket {}

  record Read(long number) implements Ticket {}

  record Transfer(long number) implements Ticket {}

  record Change(long number) implements Ticket {}

  private final Ledger ledger;
  private final Coverage coverage;
  private final Map<Ticket, Long> acknowledgedWhenAsked = new HashMap<>();
  private Runnable afterAcknowledgement = () -> {};
  private long acknowledged;
  private int writes;
  private long count;

  Clients(Ledger ledger, Coverage coverage) {
    this.ledger = ledger;
    this.coverage = coverage;
  }

  void afterAcknowledgement(Runnable action) {
    afterAcknowledgement = action;
  }

  Write write() {
    return new Write(count++);
  }

  Read read() {
    Read read = new Read(count++);
    acknowledgedWhenAsked.put(read, acknowledged);
    return read;
  }

  Transfer transfer() {
    return new Transfer(count++);
  }

  Change change() {
    return new Change(count++);
  }

  /// How many writes were acknowledged.
  int writes() {
    return writes;
  }

  void acknowledged(int node, Position position) {
    List<Entry> committed = ledger.committed();
    if (position.index() > committed.size()
        || !committed.get((int) position.index() - 1).position().equals(position)) {
      throw new Ledger.Violation("node " + node + " acknowledged " + position + ", not committed");
    }
    acknowledged = Math.max(acknowledged, position.index());
    writes++;
    coverage.count("write acknowledged");
    afterAcknowledgement.run();
  }

  void readServed(SimulatedNode node, Ticket ticket) {
    coverage.count("linearizable read");
    sees(node, acknowledgedWhenAsked.remove(ticket), "linearizable read");
  }

  void leaseRead(SimulatedNode node) {
    coverage.count("lease read");
    sees(node, acknowledged, "lease read");
  }

  private static void sees(SimulatedNode node, long least, String what) {
    int applied = node.applied().size();
    if (applied < least) {
      throw new Ledger.Violation(
          "stale " + what + " on node " + node.id() + ": sees " + applied + " of " + least);
    }
  }
}
