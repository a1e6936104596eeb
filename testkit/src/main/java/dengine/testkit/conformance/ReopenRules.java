package dengine.testkit.conformance;

import dengine.engine.spi.StateMachine;
import dengine.testkit.conformance.Conformance.Check;
import java.io.ByteArrayInputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/// What a machine must be when it is opened again: exactly what it was after the entry that
/// `appliedIndex` names. One that lives in memory begins at 0.
final class ReopenRules<M extends StateMachine> {

  private static final int LENGTH = 200;
  private static final int[] ENDS = {0, 1, 40, 137, 200};

  private final StateMachineSubject<M> subject;
  private final History<M> history;

  ReopenRules(StateMachineSubject<M> subject) {
    this.subject = subject;
    this.history = new History<>(subject, 11, LENGTH);
  }

  List<Check> checks() {
    return List.of(
        new Check("aMachineThatWasClosedGoesOnWhereItSays", this::afterClose),
        new Check("aMachineThatWasKilledGoesOnWhereItSays", this::afterKill));
  }

  List<Check> ofSnapshots() {
    return List.of(
        new Check("aMachineThatWasKilledAfterARestoreGoesOnWhereItSays", this::afterRestore));
  }

  private void afterClose() throws Exception {
    for (int end : ENDS) {
      try (Scratch scratch = new Scratch()) {
        Path directory = scratch.directory();
        try (M machine = subject.open(directory)) {
          history.apply(machine, 0, end, new SplittableRandom(end));
        }
        goesOn(scratch, directory, end, new byte[0], 0);
      }
    }
  }

  private void afterKill() throws Exception {
    for (int end : ENDS) {
      try (Scratch scratch = new Scratch()) {
        Path directory = scratch.directory();
        try (M machine = subject.open(directory)) {
          history.apply(machine, 0, end, new SplittableRandom(end));
          goesOn(scratch, scratch.copyOf(directory), end, new byte[0], 0);
        }
      }
    }
  }

  private void afterRestore() throws Exception {
    try (Scratch scratch = new Scratch();
        M source = subject.open(scratch.directory())) {
      history.applyEach(source, 0, 120);
      byte[] snapshot = Snapshots.take(source);
      Path directory = scratch.directory();
      try (M machine = subject.open(directory)) {
        history.applyEach(machine, 0, 60);
        machine.restore(new ByteArrayInputStream(snapshot), 120, History.timeOf(120));
        goesOn(scratch, scratch.copyOf(directory), 120, snapshot, 120);
        history.applyEach(machine, 120, 150);
        goesOn(scratch, scratch.copyOf(directory), 150, snapshot, 120);
      }
    }
  }

  /// As the engine begins: the newest snapshot if the machine is behind it, then the log.
  private void goesOn(Scratch scratch, Path directory, long applied, byte[] snapshot, long taken)
      throws Exception {
    try (M machine = subject.open(directory);
        M reference = subject.open(scratch.directory())) {
      long survived = machine.appliedIndex();
      Rule.holds(
          survived >= 0 && survived <= applied,
          "appliedIndex is " + survived + " after entries up to " + applied + " were applied");
      if (survived < taken) {
        machine.restore(new ByteArrayInputStream(snapshot), taken, History.timeOf(taken));
        survived = taken;
      }
      history.applyEach(reference, 0, survived);
      Rule.same(
          subject.digest(reference),
          subject.digest(machine),
          "the state that is said to be that of entry " + survived);
      Map<Long, Object> results = history.applyEach(machine, survived, LENGTH);
      History.sameResults(history.applyEach(reference, survived, LENGTH), results);
      Rule.same(subject.digest(reference), subject.digest(machine), "the state in the end");
    }
  }
}
