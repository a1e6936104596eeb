package dengine.server;

import dengine.api.Leader;
import dengine.embedded.EmbeddedEngine;
import dengine.engine.Configuration;
import dengine.grpc.GrpcTransport;
import dengine.raft.Membership;
import java.time.Duration;
import java.util.Optional;

/// Tells gRPC's health service whether this node serves: it does while it knows a leader that
/// serves; and the log, when it is without one for longer than an election takes. Looks every 100
/// ms from a thread of its own, which ends with [#close].
final class Health implements AutoCloseable {

  private static final System.Logger LOG = System.getLogger(Health.class.getName());
  private static final Duration INTERVAL = Duration.ofMillis(100);
  private static final Duration FIRST_WARNING = Duration.ofSeconds(5);
  private static final Duration WARNINGS = Duration.ofSeconds(30);

  private final EmbeddedEngine engine;
  private final GrpcTransport transport;
  private final Thread watcher;

  Health(EmbeddedEngine engine, GrpcTransport transport) {
    this.engine = engine;
    this.transport = transport;
    this.watcher = Thread.ofVirtual().name("dengine-health").unstarted(this::watch);
  }

  void start() {
    watcher.start();
  }

  private void watch() {
    Optional<Leader> known = Optional.empty();
    long since = System.nanoTime();
    long warning = since + FIRST_WARNING.toNanos();
    while (!engine.terminated().isDone()) {
      Optional<Leader> now = engine.leader();
      if (!now.equals(known)) {
        known = now;
        transport.serving(now.isPresent());
        LOG.log(
            System.Logger.Level.INFO,
            "event=leader node={0} leader={1} term={2}",
            String.valueOf(engine.nodeId()),
            now.map(leader -> String.valueOf(leader.id())).orElse("none"),
            now.map(leader -> String.valueOf(leader.term())).orElse("-"));
        since = System.nanoTime();
        warning = since + FIRST_WARNING.toNanos();
      }
      if (now.isEmpty() && System.nanoTime() - warning >= 0) {
        warn(Duration.ofNanos(System.nanoTime() - since));
        warning = System.nanoTime() + WARNINGS.toNanos();
      }
      try {
        Thread.sleep(INTERVAL);
      } catch (InterruptedException e) {
        return;
      }
    }
    transport.serving(false);
  }

  private void warn(Duration waited) {
    Configuration present = engine.node().membership();
    Membership members = present.membership();
    String why;
    if (members.equals(Membership.NONE)) {
      why = "it waits until a member of the cluster has taken it in";
    } else if (present.isYetToBeFounded()) {
      why =
          "the cluster of "
              + members.members()
              + " is yet to be founded: all of them must be there, start those that are missing";
    } else if (!members.isMember(engine.nodeId())) {
      why = "it was removed from the cluster; nothing is left to do here, stop it";
    } else {
      why =
          "by what it knows the members are "
              + members.members()
              + "; see on another of them whether it still is one, and at which address"
              + " (dengine member list)";
    }
    LOG.log(
        System.Logger.Level.WARNING,
        "event=no-leader node={0} seconds={1} index={2} detail=\"{3}\"",
        String.valueOf(engine.nodeId()),
        String.valueOf(waited.toSeconds()),
        String.valueOf(present.index()),
        why);
  }

  @Override
  public void close() {
    watcher.interrupt();
    transport.serving(false);
  }
}
