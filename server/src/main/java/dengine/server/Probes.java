package dengine.server;

import dengine.api.Member;
import dengine.api.NodeState;
import dengine.embedded.EmbeddedEngine;
import dengine.engine.NodeException;
import dengine.server.HttpEndpoints.Answer;
import java.time.Duration;
import java.util.List;
import java.util.Locale;

/// What a node answers to those who ask whether it is well and what it is good for.
final class Probes {

  /// Longest wait for a majority to confirm that this node leads.
  private static final Duration CONFIRMATION = Duration.ofSeconds(1);

  private final EmbeddedEngine engine;

  Probes(EmbeddedEngine engine) {
    this.engine = engine;
  }

  /// A node that joins a cluster may take long to start.
  static void answerWhileStarting(HttpEndpoints http) {
    Answer starting = Answer.no("phase=starting");
    http.answer("/livez", () -> Answer.yes("phase=starting"));
    for (String path : List.of("/readyz", "/primary", "/replica", "/metrics")) {
      http.answer(path, () -> starting);
    }
  }

  /// Answers for this node from now on.
  void answer(HttpEndpoints http) {
    http.answer("/livez", this::live);
    http.answer("/readyz", this::ready);
    http.answer("/primary", this::primary);
    http.answer("/replica", this::replica);
  }

  private NodeState now() {
    return engine.lifecycle().state();
  }

  /// Whether there is no point in starting the process anew. Of a node that is stopping: killing it
  /// would only cost the cluster an election.
  private Answer live() {
    NodeState now = now();
    return now.cause()
        .map(why -> Answer.no("stopped: " + why))
        .orElseGet(() -> Answer.yes(text(now)));
  }

  /// Whether the node takes calls.
  private Answer ready() {
    NodeState now = now();
    return now.isServing() ? Answer.yes(text(now)) : Answer.no(text(now));
  }

  /// Whether writes sent here arrive: the node leads, and nobody else can at this moment. A leader
  /// that was cut off may not know yet that it is none: so it must hold its lease or hear from a
  /// majority.
  private Answer primary() {
    NodeState now = now();
    if (!now.isLeader()) {
      return Answer.no(text(now));
    }
    long term = engine.node().leaseTerm();
    if (term == 0 || !engine.node().stillHasLease(term)) {
      try {
        engine.node().awaitReadable(CONFIRMATION);
      } catch (NodeException unconfirmed) {
        return Answer.no("no majority confirms that this node leads: " + unconfirmed.getMessage());
      }
    }
    return Answer.yes(text(now));
  }

  /// Whether the node serves and does not lead.
  private Answer replica() {
    NodeState now = now();
    boolean replica =
        now.isServing()
            && now.role()
                .filter(role -> role == Member.Role.FOLLOWER || role == Member.Role.LEARNER)
                .isPresent();
    return replica ? Answer.yes(text(now)) : Answer.no(text(now));
  }

  private static String text(NodeState now) {
    return "phase="
        + lower(now.phase())
        + " role="
        + now.role().map(Probes::lower).orElse("none")
        + " term="
        + now.term()
        + " leader="
        + now.leader().map(leader -> String.valueOf(leader.id())).orElse("none");
  }

  private static String lower(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }
}
