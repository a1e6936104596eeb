package dengine.embedded;

import static dengine.embedded.Meters.NO_UNIT;

import java.util.function.ToDoubleFunction;

/// Calls that a node could not serve.
final class CallMeters {

  private CallMeters() {}

  static void bind(Meters meters) {
    failures(meters, "overloaded", FailedCalls::overloaded);
    failures(meters, "not_leader", FailedCalls::notLeader);
    failures(meters, "unavailable", FailedCalls::unavailable);
    failures(meters, "outcome_unknown", FailedCalls::outcomeUnknown);
    failures(meters, "other", FailedCalls::other);
  }

  private static void failures(Meters meters, String reason, ToDoubleFunction<FailedCalls> value) {
    meters.counter(
        "dengine.client.failures",
        NO_UNIT,
        "reads and writes that this node did not serve: overloaded, not_leader, unavailable,"
            + " outcome_unknown, other",
        "reason",
        reason,
        e -> value.applyAsDouble(e.client().failedCalls()));
  }
}
