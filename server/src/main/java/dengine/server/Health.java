package dengine.server;

import dengine.api.Admin;
import dengine.api.ClusterUnavailableException;
import dengine.api.DEngineException;
import dengine.api.Leader;
import dengine.api.Lifecycle;
import dengine.api.NodeState;
import dengine.embedded.EmbeddedEngine;
import dengine.engine.Configuration;
import dengine.raft.Membership;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Writes into the log who leads, whenever that changes, and warns when this node is without a
/// leader for longer than an election takes.
final class Health implements AutoCloseable {

  private static final System.Logger LOG = System.getLogger(Health.class.getName());
  private static final Duration FIRST_WARNING = Duration.ofSeconds(5);
  private static final Duration WARNINGS = Duration.ofSeconds(30);
  private static final Duration LONG = Duration.ofDays(365);

  private final EmbeddedEngine engine;
  private final Lifecycle lifecycle;
  private final Thread warner;
  private Admin.@Nullable Watching watching;

  /// The listener's own.
  private Optional<Leader> known = Optional.empty();

  Health(EmbeddedEngine engine) {
    this.engine = engine;
    this.lifecycle = engine.lifecycle();
    this.warner = Thread.ofVirtual().name("dengine-health").unstarted(this::warn);
  }

  void start() {
    watching = lifecycle.watch(this::log);
    warner.start();
  }

  private void log(NodeState now) {
    if (!now.leader().equals(known)) {
      known = now.leader();
      LOG.log(
          System.Logger.Level.INFO,
          "event=leader node={0} leader={1} term={2}",
          String.valueOf(engine.nodeId()),
          known.map(leader -> String.valueOf(leader.id())).orElse("none"),
          known.map(leader -> String.valueOf(leader.term())).orElse("-"));
    }
  }

  private void warn() {
    try {
      while (true) {
        NodeState now = awaitNotServing();
        long since = System.nanoTime();
        Duration patience = FIRST_WARNING;
        while (!now.isServing()) {
          if (now.isEnding()) {
            return;
          }
          try {
            now = lifecycle.await(state -> state.isServing() || state.isEnding(), patience);
          } catch (ClusterUnavailableException stillNone) {
            if (Thread.currentThread().isInterrupted()) {
              return;
            }
            warn(Duration.ofNanos(System.nanoTime() - since));
            patience = WARNINGS;
          }
        }
      }
    } catch (DEngineException over) {
      LOG.log(System.Logger.Level.DEBUG, "event=health-ends", over);
    }
  }

  private NodeState awaitNotServing() {
    while (true) {
      try {
        return lifecycle.await(state -> !state.isServing(), LONG);
      } catch (ClusterUnavailableException servedAllTheTime) {
        if (Thread.currentThread().isInterrupted()) {
          throw servedAllTheTime;
        }
      }
    }
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
    warner.interrupt();
    Admin.Watching present = watching;
    if (present != null) {
      present.close();
    }
  }
}
