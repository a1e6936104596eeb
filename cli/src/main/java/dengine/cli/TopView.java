package dengine.cli;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/// A cluster as it is now, and how fast it has moved since the look before.
///
/// @param now what the nodes say
/// @param before what they said before, if they were asked
/// @param elapsed the time between the two
record TopView(ClusterView now, Optional<ClusterView> before, Duration elapsed) {

  private static final String UNKNOWN = "?";
  private static final double NANOS_PER_SECOND = 1e9;

  /// @param width most characters of a line, if it can be done
  String text(int width) {
    return head() + "\n\n" + table().within(width, "ADDRESS", "ROLE");
  }

  private String head() {
    List<String> parts = new ArrayList<>();
    now.leader()
        .ifPresentOrElse(
            leader -> {
              parts.add("cluster " + Long.toHexString(leader.clusterId()));
              parts.add("leader " + leader.id());
              parts.add("term " + leader.term());
              parts.add(answering() + " of " + now.reports().size() + " answer");
              parts.add(rate(commitsPerSecond(leader)) + " commits/s");
              parts.add(rate(requestsPerSecond()) + " requests/s");
            },
            () -> parts.add("no leader: " + now.answering()));
    return String.join("  ", parts);
  }

  private long answering() {
    return now.reports().stream().filter(NodeReport.Answered.class::isInstance).count();
  }

  private Table table() {
    Table table =
        new Table(
            "NODE",
            "ADDRESS",
            "ROLE",
            "TERM",
            "COMMIT",
            "REQUESTS/S",
            "UNAPPLIED",
            "LAG",
            "LOG",
            "SNAPSHOT",
            "CALLS",
            "WATCHES",
            "HEARD");
    for (NodeReport report : now.reports()) {
      switch (report) {
        case NodeReport.Answered node -> row(table, node);
        case NodeReport.Silent node -> row(table, node);
      }
    }
    return table;
  }

  private void row(Table table, NodeReport.Answered node) {
    Optional<NodeReport.Interior> interior = node.interior();
    table.row(
        node.id(),
        node.address(),
        node.standing(),
        node.term(),
        node.commitIndex(),
        rate(requestsPerSecond(node)),
        unapplied(node),
        now.lag(node.id()),
        logEntries(node).map(String::valueOf).orElse(UNKNOWN),
        interior.map(TopView::snapshot).orElse(UNKNOWN),
        interior.map(known -> String.valueOf(known.calls())).orElse(UNKNOWN),
        interior.map(known -> String.valueOf(known.watches())).orElse(UNKNOWN),
        now.heard(node.id()));
  }

  private void row(Table table, NodeReport.Silent node) {
    Optional<Integer> id = Optional.ofNullable(now.ids().get(node.address()));
    table.row(
        id.map(String::valueOf).orElse(UNKNOWN),
        node.address(),
        "unreachable (" + node.reason() + ")",
        "-",
        "-",
        "-",
        "-",
        id.map(now::lag).orElse(UNKNOWN),
        "-",
        "-",
        "-",
        "-",
        id.map(now::heard).orElse(UNKNOWN));
  }

  private static String snapshot(NodeReport.Interior interior) {
    return interior.snapshot().map(kept -> age(kept.age())).orElse("none");
  }

  /// In its two largest units at most, as far as anybody cares.
  private static String age(Duration age) {
    if (age.toDays() > 0) {
      return age.toDays() + "d" + age.toHoursPart() + "h";
    }
    if (age.toHours() > 0) {
      return age.toHours() + "h" + age.toMinutesPart() + "m";
    }
    return age.toMinutes() > 0
        ? age.toMinutes() + "m" + age.toSecondsPart() + "s"
        : age.toSeconds() + "s";
  }

  private static Optional<Long> logEntries(NodeReport.Answered node) {
    return node.interior().map(known -> Math.max(0, node.lastIndex() - known.firstIndex() + 1));
  }

  private static long unapplied(NodeReport.Answered node) {
    return Math.max(0, node.commitIndex() - node.appliedIndex());
  }

  private OptionalDouble commitsPerSecond(NodeReport.Answered node) {
    return perSecond(node, NodeReport.Answered::commitIndex);
  }

  private OptionalDouble requestsPerSecond(NodeReport.Answered node) {
    return node.interior().isEmpty()
        ? OptionalDouble.empty()
        : perSecond(node, n -> n.interior().map(NodeReport.Interior::requests).orElse(0L));
  }

  /// Of all nodes that say so.
  private OptionalDouble requestsPerSecond() {
    return now.reports().stream()
        .filter(NodeReport.Answered.class::isInstance)
        .map(NodeReport.Answered.class::cast)
        .map(this::requestsPerSecond)
        .filter(OptionalDouble::isPresent)
        .mapToDouble(OptionalDouble::getAsDouble)
        .reduce(Double::sum);
  }

  private OptionalDouble perSecond(
      NodeReport.Answered node, ToLongFunction<NodeReport.Answered> total) {
    Optional<NodeReport.Answered> earlier = before.flatMap(view -> answered(view, node.id()));
    if (earlier.isEmpty() || elapsed.isZero()) {
      return OptionalDouble.empty();
    }
    long more = total.applyAsLong(node) - total.applyAsLong(earlier.get());
    // A node that was started anew knows of less than it did.
    return more < 0
        ? OptionalDouble.empty()
        : OptionalDouble.of(more * NANOS_PER_SECOND / elapsed.toNanos());
  }

  private static Optional<NodeReport.Answered> answered(ClusterView view, int id) {
    return view.reports().stream()
        .filter(NodeReport.Answered.class::isInstance)
        .map(NodeReport.Answered.class::cast)
        .filter(node -> node.id() == id)
        .findFirst();
  }

  private static String rate(OptionalDouble perSecond) {
    return perSecond.isPresent() ? String.valueOf(Math.round(perSecond.getAsDouble())) : "-";
  }

  /// The same for programs.
  Map<String, @Nullable Object> json() {
    Map<String, @Nullable Object> object = now.json();
    object.put(
        "commits_per_second",
        now.leader().flatMap(leader -> boxed(commitsPerSecond(leader))).orElse(null));
    object.put("requests_per_second", boxed(requestsPerSecond()).orElse(null));
    object.put("nodes", now.reports().stream().map(this::json).toList());
    return object;
  }

  private Map<String, @Nullable Object> json(NodeReport report) {
    Map<String, @Nullable Object> object = now.json(report);
    if (report instanceof NodeReport.Answered node) {
      object.put("requests_per_second", boxed(requestsPerSecond(node)).orElse(null));
      object.put("log_entries", logEntries(node).orElse(null));
      node.interior()
          .ifPresent(
              known -> {
                object.put("calls", known.calls());
                object.put("watches", known.watches());
                known
                    .snapshot()
                    .ifPresent(
                        kept -> {
                          object.put("snapshot_index", kept.index());
                          object.put("snapshot_bytes", kept.bytes());
                          object.put("snapshot_age_ms", kept.age().toMillis());
                        });
              });
    }
    return object;
  }

  private static Optional<Long> boxed(OptionalDouble value) {
    return value.isPresent() ? Optional.of(Math.round(value.getAsDouble())) : Optional.empty();
  }
}
