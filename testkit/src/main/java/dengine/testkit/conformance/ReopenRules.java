package dengine.testkit.conformance;

import dengine.engine.spi.MetaStore;
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
  private static final MetaStore.Identity NODE = new MetaStore.Identity(1, 1);
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
        new Check("aMachineThatWasKilledGoesOnWhereItSays", this::afterKill),
        new Check("aMachineSaysOfWhichEntryItsStateIs", this::saysTermAndTime),
        new Check("aMachineTellsItsOwnStateFromAnothers", this::tellsItsOwn),
        new Check("aMachineThatDiscardedItsStateIsNew", this::isNewAfterDiscard));
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
        history.restore(machine, new ByteArrayInputStream(snapshot), 120);
        goesOn(scratch, scratch.copyOf(directory), 120, snapshot, 120);
        history.applyEach(machine, 120, 150);
        goesOn(scratch, scratch.copyOf(directory), 150, snapshot, 120);
      }
    }
  }

  /// Of that entry, or nothing: a wrong one has the engine build again what was right.
  private void saysTermAndTime() throws Exception {
    try (Scratch scratch = new Scratch()) {
      Path directory = scratch.directory();
      try (M machine = subject.open(directory)) {
        history.apply(machine, 0, 137, new SplittableRandom(7));
      }
      try (M machine = subject.open(directory)) {
        long applied = machine.appliedIndex();
        saysOrKeepsNone(
            machine.appliedTerm(), applied == 0 ? 0 : history.termOf(applied), "appliedTerm");
        saysOrKeepsNone(
            machine.appliedTime(), applied == 0 ? 0 : History.timeOf(applied), "appliedTime");
      }
    }
  }

  private static void saysOrKeepsNone(long said, long right, String what) {
    Rule.holds(
        said == 0 || said == right,
        what + " is " + said + ", and of the entry that appliedIndex names it is " + right);
  }

  /// Refusing its own would cost a rebuild at every start.
  private void tellsItsOwn() throws Exception {
    try (Scratch scratch = new Scratch()) {
      Path directory = scratch.directory();
      try (M machine = subject.open(directory)) {
        Rule.holds(machine.belongsTo(NODE, 1), "a new machine says that it belongs to another");
        history.apply(machine, 0, 137, new SplittableRandom(8));
      }
      try (M machine = subject.open(directory)) {
        Rule.holds(
            machine.belongsTo(NODE, 1), "a machine says that what it applied belongs to another");
      }
    }
  }

  private void isNewAfterDiscard() throws Exception {
    try (Scratch scratch = new Scratch()) {
      Path directory = scratch.directory();
      try (M machine = subject.open(directory)) {
        history.apply(machine, 0, 137, new SplittableRandom(9));
      }
      try (M machine = subject.open(directory)) {
        if (!machine.discard()) {
          return;
        }
        goesOn(scratch, scratch.copyOf(directory), 0, new byte[0], 0);
        history.apply(machine, 0, 40, new SplittableRandom(10));
        goesOn(scratch, scratch.copyOf(directory), 40, new byte[0], 0);
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
        history.restore(machine, new ByteArrayInputStream(snapshot), taken);
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
