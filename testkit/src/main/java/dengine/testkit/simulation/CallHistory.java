package dengine.testkit.simulation;

import dengine.testkit.linearizability.Answer;
import dengine.testkit.linearizability.Call;
import dengine.testkit.linearizability.LinearizabilityChecker;
import dengine.testkit.linearizability.Operation;
import dengine.testkit.linearizability.RevisionOrderChecker;
import dengine.testkit.linearizability.Verdict;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// What clients asked and were told, and whether a store could have said so.
final class CallHistory {

  /// So long that the number of configurations decides, not the machine.
  private static final Duration CHECK_TIME = Duration.ofMinutes(5);

  private static final long MAX_CONFIGURATIONS = 2_000_000;

  private final List<Operation> ended = new ArrayList<>();

  /// By whatever asked. What has no answer yet may still happen.
  private final Map<Object, Operation> open = new LinkedHashMap<>();

  /// @param turn tells calls apart, by identity
  void asked(Object turn, int client, long now, Call call) {
    open.put(turn, new Operation(client, now, Operation.NEVER, call, new Answer.Unknown()));
  }

  void ended(Object turn, int client, long invoked, long now, Call call, Answer answer) {
    open.remove(turn);
    ended.add(new Operation(client, invoked, now, call, answer));
  }

  /// By the order of revisions, and by a search for a linearization.
  ///
  /// @return whether the search came to an end
  /// @throws Violation if no store could have said so
  boolean judge() {
    List<Operation> all = new ArrayList<>(ended);
    all.addAll(open.values());
    Verdict order = RevisionOrderChecker.check(all);
    if (!order.valid()) {
      throw new Violation("order of revisions: " + order);
    }
    Verdict search = new LinearizabilityChecker(CHECK_TIME, MAX_CONFIGURATIONS).check(all);
    if (search instanceof Verdict.Violation) {
      throw new Violation("linearizability: " + search);
    }
    return search.valid();
  }
}
