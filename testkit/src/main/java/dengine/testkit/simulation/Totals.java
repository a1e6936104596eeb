package dengine.testkit.simulation;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/// Sums over many runs. Safe for any number of threads.
final class Totals {

  /// Rare things that a thousand runs must have brought about, beside each fault; one that never
  /// happens is not tested.
  static final List<String> MARKS =
      List.of(
          "answered over the wire",
          "asked to take over",
          "crash in recovery",
          "damaged disk refused",
          "disk wiped",
          "handed over",
          "incomplete last batch cut",
          "joint configuration left by another leader",
          "leader gave away its own vote",
          "leader told that its term is over",
          "leadership announced",
          "learner promoted",
          "logs in conflict",
          "lone voter grown to three",
          "machine moved",
          "new disk not recognised",
          "power cut with unsynced writes",
          "snapshot received",
          "snapshot refused for lack of room",
          "snapshot rotten",
          "snapshot taken",
          "stopped itself",
          "stopped when asked",
          "three voters reduced to one",
          "told that it is no member any more",
          "transfer continued after a restart of the sender",
          "transfer continued by another sender",
          "transfer resumed",
          "vote denied",
          "voter again after its disk was lost",
          "voter replaced");

  private final long start = System.nanoTime();
  private final Marks marks = new Marks();
  private long seeds;
  private double clusterSeconds;
  private double nodeSeconds;
  private long answered;
  private long unknown;
  private long looks;
  private long elections;
  private long undecided;

  synchronized void add(Simulation.Outcome outcome) {
    seeds++;
    clusterSeconds += outcome.nanos() / 1e9;
    nodeSeconds += outcome.nanos() / 1e9 * outcome.nodes();
    answered += outcome.answered();
    unknown += outcome.unknown();
    looks += outcome.looks();
    elections += outcome.elections();
    undecided += outcome.decided() ? 0 : 1;
    marks.addAll(outcome.marks());
  }

  synchronized long seeds() {
    return seeds;
  }

  synchronized double clusterSeconds() {
    return clusterSeconds;
  }

  synchronized long unknown() {
    return unknown;
  }

  synchronized long elections() {
    return elections;
  }

  synchronized long answered() {
    return answered;
  }

  synchronized long looks() {
    return looks;
  }

  synchronized long undecided() {
    return undecided;
  }

  synchronized Map<String, Long> marks() {
    return new TreeMap<>(marks.counts());
  }

  /// What should have happened at least once and did not.
  synchronized List<String> missing() {
    List<String> missing =
        new ArrayList<>(MARKS.stream().filter(mark -> !marks.counts().containsKey(mark)).toList());
    for (Trouble kind : Trouble.values()) {
      if (!kind.isStanding() && !marks.counts().containsKey(kind.name())) {
        missing.add(kind.name());
      }
    }
    return missing;
  }

  synchronized String report() {
    double seconds = (System.nanoTime() - start) / 1e9;
    return String.format(
        Locale.ROOT,
        "%d seeds in %.1f s (%.0f a minute): %.2f cluster-hours, %.2f node-hours, %.0f and %.0f"
            + " times real time%n"
            + "%d elections, %d answers, %d unknown outcomes, %d looks at a platter, %d searches"
            + " undecided%n%s%n",
        seeds,
        seconds,
        seeds * 60 / seconds,
        clusterSeconds / 3600,
        nodeSeconds / 3600,
        clusterSeconds / seconds,
        nodeSeconds / seconds,
        elections,
        answered,
        unknown,
        looks,
        undecided,
        marks.counts());
  }
}
