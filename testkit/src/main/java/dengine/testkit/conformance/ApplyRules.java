package dengine.testkit.conformance;

import dengine.engine.spi.StateMachine;
import dengine.testkit.conformance.Conformance.Check;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/// What `apply` must do.
final class ApplyRules<M extends StateMachine> {

  private static final int LENGTH = 400;
  private static final int SEEDS = 5;

  private final StateMachineSubject<M> subject;

  ApplyRules(StateMachineSubject<M> subject) {
    this.subject = subject;
  }

  List<Check> checks() {
    return List.of(
        new Check("digestsTellStatesApart", this::digestsTellStatesApart),
        new Check("sameCommandsHaveSameResults", this::sameCommandsHaveSameResults),
        new Check("sameCommandsComeToTheSameState", this::sameCommandsComeToTheSameState),
        new Check("everyThreadSeesABatchWhenApplyReturns", this::everyThreadSeesABatch),
        new Check("entriesThatAreNoCommandsAreBorne", this::entriesThatAreNoCommandsAreBorne));
  }

  /// Of the subject rather than of the machine: with commands that do nothing, or a digest that
  /// says nothing, no other check could fail.
  private void digestsTellStatesApart() throws Exception {
    try (Scratch scratch = new Scratch();
        M machine = subject.open(scratch.directory())) {
      History<M> history = new History<>(subject, 1, LENGTH);
      Set<Object> digests = new HashSet<>();
      for (int index = 0; index < LENGTH; index++) {
        history.applyEach(machine, index, index + 1);
        digests.add(List.of(subject.digest(machine)));
      }
      Rule.holds(
          digests.size() >= 3, LENGTH + " entries came to " + digests.size() + " digests only");
    }
  }

  private void sameCommandsHaveSameResults() throws Exception {
    for (int seed = 1; seed <= SEEDS; seed++) {
      try (Scratch scratch = new Scratch();
          M one = subject.open(scratch.directory());
          M other = subject.open(scratch.directory())) {
        History<M> history = new History<>(subject, seed, LENGTH);
        Map<Long, Object> results = history.applyEach(one, 0, LENGTH);
        History.sameResults(results, history.apply(other, 0, LENGTH, new SplittableRandom(seed)));
      }
    }
  }

  private void sameCommandsComeToTheSameState() throws Exception {
    for (int seed = 1; seed <= SEEDS; seed++) {
      try (Scratch scratch = new Scratch();
          M one = subject.open(scratch.directory());
          M other = subject.open(scratch.directory())) {
        History<M> history = new History<>(subject, seed, LENGTH);
        history.applyEach(one, 0, LENGTH);
        history.apply(other, 0, LENGTH, new SplittableRandom(seed));
        Rule.same(
            subject.digest(one),
            subject.digest(other),
            "the state after the same commands in larger batches");
      }
    }
  }

  /// Compared with a machine that applied one by one: one that shows a batch late is behind it.
  private void everyThreadSeesABatch() throws Exception {
    ExecutorService reader = Executors.newSingleThreadExecutor();
    try (Scratch scratch = new Scratch();
        M one = subject.open(scratch.directory());
        M other = subject.open(scratch.directory())) {
      History<M> history = new History<>(subject, 7, LENGTH);
      SplittableRandom cuts = new SplittableRandom(7);
      for (long index = 0; index < LENGTH; ) {
        long end = Math.min(LENGTH, index + 2 + cuts.nextInt(9));
        history.applyAtOnce(one, index, end);
        Object seen = reader.submit(() -> subject.digest(one)).get();
        history.applyEach(other, index, end);
        Rule.same(subject.digest(other), seen, "what another thread sees right after entry " + end);
        index = end;
      }
    } finally {
      reader.close();
    }
  }

  private void entriesThatAreNoCommandsAreBorne() throws Exception {
    try (Scratch scratch = new Scratch();
        M machine = subject.open(scratch.directory())) {
      History<M> history = new History<>(subject, 3, LENGTH);
      history.applyAtOnce(machine, 0, 1); // opens a term: a batch without any command
      history.apply(machine, 1, LENGTH, new SplittableRandom(3));
    }
  }
}
