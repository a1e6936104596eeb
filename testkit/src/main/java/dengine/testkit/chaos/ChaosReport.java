package dengine.testkit.chaos;

import dengine.testkit.chaos.FaultCounts.Fault;
import dengine.testkit.linearizability.LinearizabilityChecker;
import dengine.testkit.linearizability.Operation;
import dengine.testkit.linearizability.RevisionOrderChecker;
import dengine.testkit.linearizability.Verdict;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// What a run did and what came out of it.
///
/// @param lines for people to read
/// @param failures why the run does not count as passed; empty if it does
record ChaosReport(List<String> lines, List<String> failures) {

  private static final Duration CHECK_TIME = Duration.ofMinutes(5);
  private static final long MAX_CONFIGURATIONS = 4_000_000;

  ChaosReport {
    lines = List.copyOf(lines);
    failures = List.copyOf(failures);
  }

  boolean passed() {
    return failures.isEmpty();
  }

  /// Prints everything, the verdict last.
  void print(PrintStream out) {
    lines.forEach(out::println);
    failures.forEach(failure -> out.println("FAILURE " + failure));
    out.println(passed() ? "PASSED" : "FAILED");
  }

  /// The same with more to say.
  ChaosReport plus(List<String> moreLines, List<String> moreFailures) {
    List<String> allLines = new ArrayList<>(lines);
    allLines.addAll(moreLines);
    List<String> allFailures = new ArrayList<>(failures);
    allFailures.addAll(moreFailures);
    return new ChaosReport(allLines, allFailures);
  }

  static ChaosReport of(
      ChaosOptions options,
      FaultCounts faults,
      List<Operation> operations,
      List<Operation> leaseReads,
      List<String> troubles) {
    List<String> lines = new ArrayList<>();
    List<String> failures = new ArrayList<>();
    lines.add("seed " + options.seed());
    lines.add("processes killed " + faults.processesKilled() + ", faults " + faults);
    lines.add("operations " + outcomes(operations));
    lines.add("lease reads " + outcomes(leaseReads));
    long answered = answered(operations) + answered(leaseReads);
    Map<String, Verdict> verdicts = judge(operations, leaseReads);
    verdicts.forEach(
        (what, verdict) -> {
          lines.add(what + ": " + verdict);
          if (!verdict.valid()) {
            failures.add(what + ": " + verdict);
          }
        });
    failures.addAll(troubles);
    failures.addAll(missing(options, faults, answered));
    return new ChaosReport(lines, failures);
  }

  /// What a run has to do yet before it counts.
  static List<String> missing(ChaosOptions options, FaultCounts faults, long answered) {
    List<String> missing = new ArrayList<>();
    if (faults.processesKilled() < options.minKills()) {
      missing.add("only " + faults.processesKilled() + " kills, wanted " + options.minKills());
    }
    if (answered < options.minOperations()) {
      missing.add("only " + answered + " answers, wanted " + options.minOperations());
    }
    if (options.minKills() > 0) {
      requireEachFault(missing, faults);
    }
    return missing;
  }

  /// A run that left out a kind of fault shows nothing about it.
  private static void requireEachFault(List<String> failures, FaultCounts faults) {
    requireOne(failures, faults, "kill of a leader", Fault.LEADER_KILLED);
    requireOne(failures, faults, "partition", Fault.LEADER_ISOLATED, Fault.NODE_ISOLATED);
    requireOne(
        failures,
        faults,
        "partition in one direction",
        Fault.LEADER_DEAF,
        Fault.LEADER_MUTE,
        Fault.PAIR_ONE_WAY);
    requireOne(
        failures, faults, "pause", Fault.LEADER_PAUSED, Fault.NODE_PAUSED, Fault.CANNOT_PAUSE);
  }

  private static void requireOne(
      List<String> failures, FaultCounts counts, String what, Fault... faults) {
    if (counts.of(faults) == 0) {
      failures.add("not one " + what);
    }
  }

  private static Map<String, Verdict> judge(
      List<Operation> operations, List<Operation> leaseReads) {
    List<Operation> all = new ArrayList<>(operations);
    all.addAll(leaseReads);
    Map<String, Verdict> verdicts = new LinkedHashMap<>();
    verdicts.put("linearizable, lease reads included", search(all));
    verdicts.put("order of revisions, lease reads included", RevisionOrderChecker.check(all));
    if (verdicts.values().stream().anyMatch(verdict -> !verdict.valid())) {
      // Says whether the leases are to blame.
      verdicts.put("linearizable without lease reads", search(operations));
      verdicts.put(
          "order of revisions without lease reads", RevisionOrderChecker.check(operations));
    }
    return verdicts;
  }

  private static Verdict search(List<Operation> operations) {
    return new LinearizabilityChecker(CHECK_TIME, MAX_CONFIGURATIONS).check(operations);
  }

  private static long answered(List<Operation> operations) {
    return operations.stream().filter(o -> !o.unknown() && !o.rejected()).count();
  }

  private static String outcomes(List<Operation> operations) {
    long unknown = operations.stream().filter(Operation::unknown).count();
    long rejected = operations.stream().filter(Operation::rejected).count();
    return "ok=%d rejected=%d unknown=%d"
        .formatted(operations.size() - unknown - rejected, rejected, unknown);
  }
}
