package dengine.grpc;

import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/// What the log is told of a peer that is not connected.
///
/// A warning is for what somebody should look at: a connection that broke, or one that has been
/// missing for long. That a peer is started after this node, or stops because it was asked to, is
/// ordinary. Owned by the event loop of the peer's link.
final class Outage {

  /// Who is away for longer does not just start, or stop to start again.
  static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(10);

  private static final String STOPS = " is stopping";

  private final int peer;
  private final RareLog log;
  private final LongSupplier nanoTime;
  private boolean lasts;
  private boolean connected;
  private long since;

  Outage(int peer, RareLog log, LongSupplier nanoTime) {
    this.peer = peer;
    this.log = log;
    this.nanoTime = nanoTime;
  }

  /// What a node that stops says to those who are connected to it.
  static String stopping(int node) {
    return "node " + node + STOPS;
  }

  /// The connection broke, or another attempt to make one failed.
  void goesOn(String address, String why) {
    long now = nanoTime.getAsLong();
    if (!lasts) {
      lasts = true;
      since = now;
    }
    boolean broke = connected && !why.endsWith(STOPS);
    connected = false;
    String line = "no connection peer=" + peer + " address=" + address + " reason=\"" + why + "\"";
    if (broke || now - since >= PATIENCE_NANOS) {
      log.warn("lost " + peer, line);
    } else {
      log.info("away " + peer, line);
    }
  }

  /// It is connected.
  void ends(String address) {
    connected = true;
    if (lasts) {
      lasts = false;
      log.info("back " + peer, "connected peer=" + peer + " address=" + address);
    }
  }
}
