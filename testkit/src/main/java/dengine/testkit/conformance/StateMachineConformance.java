package dengine.testkit.conformance;

import dengine.engine.spi.StateMachine;
import java.util.ArrayList;
import java.util.List;

/// What the engine takes for granted of a state machine ([StateMachine] says it in words):
///
/// - it is deterministic: the same commands, however they are cut into batches, have the same
///   results and come to the same state
/// - when `apply` returns, every reader sees the batch
/// - entries that are no commands change nothing and get no result; batches and their bytes are the
///   engine's
/// - a view stays as it is while the machine goes on, holds nothing up, and can be let go of at any
///   time, written or not
/// - a snapshot gives another machine all of the state and nothing else; one that ends early or
///   cannot be read is refused
/// - `appliedIndex` never promises more than what is there when the machine is opened again, after
///   `close` or without; term and time beside it are that entry's, if it keeps them
/// - a machine knows its own state again; one that discards its state is as a new one, for good
///
/// Not checked, because no test can: that nothing depends on a clock or on chance that happens to
/// be the same in one process (the simulator finds some of that), and that readers race with
/// nothing (jcstress does). A snapshot is verified by the storage engine before the machine sees
/// it, so it need not notice changed bytes.
public final class StateMachineConformance {

  private StateMachineConformance() {}

  /// The checks of this machine.
  public static <M extends StateMachine> Conformance of(StateMachineSubject<M> subject) {
    List<Conformance.Check> checks = new ArrayList<>(new ApplyRules<>(subject).checks());
    ReopenRules<M> reopening = new ReopenRules<>(subject);
    checks.addAll(reopening.checks());
    List<Conformance.LeftOut> leftOut = new ArrayList<>();
    List<Conformance.Check> ofSnapshots = new ArrayList<>(new ViewRules<>(subject).checks());
    ofSnapshots.addAll(reopening.ofSnapshots());
    ofSnapshots.addAll(new RestoreRules<>(subject).checks());
    if (subject.takesSnapshots()) {
      checks.addAll(ofSnapshots);
    } else {
      for (Conformance.Check check : ofSnapshots) {
        leftOut.add(new Conformance.LeftOut(check.rule(), "it takes no snapshots"));
      }
    }
    return new Conformance(checks, leftOut);
  }
}
