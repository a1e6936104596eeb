package dengine.engine;

import dengine.raft.RoleChange;

/// What a node is, for any thread to see. Written by turns of the event loop only.
///
/// Its parts change one after the other. A node that has stepped down may still show its lease for
/// the rest of that turn, which is harmless: until the turn's messages leave, nobody else leads
/// before the lease has ended.
final class Standing {

  private volatile RoleChange role;
  private volatile Lease lease = Lease.NONE;
  private volatile boolean leading;

  Standing(RoleChange role) {
    this.role = role;
  }

  RoleChange role() {
    return role;
  }

  Lease lease() {
    return lease;
  }

  /// Whether this node leads and has applied everything that was committed before its term.
  boolean isLeading() {
    return leading;
  }

  void announce(RoleChange change) {
    role = change;
  }

  /// Shows what a turn has led to, **before** its messages leave: one may hand leadership over, and
  /// no reader may trust the lease after that.
  ///
  /// @param leaseUntil when the lease of the present term ends; [Long#MIN_VALUE] for none
  void publish(long leaseUntil, boolean leads) {
    Lease before = lease;
    long term = role.term();
    if (leaseUntil == Long.MIN_VALUE) {
      lease = Lease.NONE;
    } else if (leaseUntil != before.until() || term != before.term()) {
      lease = new Lease(term, leaseUntil);
    }
    leading = leads;
  }
}
