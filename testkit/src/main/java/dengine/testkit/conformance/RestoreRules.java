package dengine.testkit.conformance;

import dengine.engine.spi.StateMachine;
import dengine.testkit.conformance.Conformance.Check;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// What a snapshot must do to the machine that is given it.
final class RestoreRules<M extends StateMachine> {

  private static final int LENGTH = 300;
  private static final int TAKEN = 200;

  private final StateMachineSubject<M> subject;
  private final History<M> history;

  RestoreRules(StateMachineSubject<M> subject) {
    this.subject = subject;
    this.history = new History<>(subject, 31, LENGTH);
  }

  List<Check> checks() {
    List<Check> checks =
        new ArrayList<>(
            List.of(
                new Check("aSnapshotGivesAllOfTheState", this::aSnapshotGivesAllOfTheState),
                new Check("aSnapshotReplacesWhatWasThere", this::aSnapshotReplacesWhatWasThere),
                new Check("readersSeeTheOldStateOrTheNewOne", this::readersSeeOldOrNew),
                new Check("aSnapshotThatEndsEarlyIsRefused", this::endsEarly),
                new Check("aSnapshotThatCannotBeReadIsRefused", this::cannotBeRead),
                new Check("aDamagedSnapshotDoesNotEndTheProcess", this::damaged)));
    if (subject.writesEqualStatesEqually()) {
      checks.add(new Check("equalStatesAreWrittenEqually", this::equalStatesAreWrittenEqually));
    }
    return checks;
  }

  private void aSnapshotGivesAllOfTheState() throws Exception {
    try (Scratch scratch = new Scratch();
        M source = subject.open(scratch.directory());
        M copy = subject.open(scratch.directory())) {
      restore(copy, snapshot(source));
      Rule.same(subject.digest(source), subject.digest(copy), "the restored state");
      Map<Long, Object> results = history.applyEach(source, TAKEN, LENGTH);
      History.sameResults(results, history.applyEach(copy, TAKEN, LENGTH));
      Rule.same(subject.digest(source), subject.digest(copy), "the state later on");
    }
  }

  private void equalStatesAreWrittenEqually() throws Exception {
    try (Scratch scratch = new Scratch();
        M source = subject.open(scratch.directory());
        M other = subject.open(scratch.directory());
        M copy = subject.open(scratch.directory())) {
      byte[] snapshot = snapshot(source);
      history.apply(other, 0, TAKEN, new SplittableRandom(1));
      Rule.same(snapshot, Snapshots.take(other), "the snapshot of a machine in the same state");
      restore(copy, snapshot);
      Rule.same(snapshot, Snapshots.take(copy), "the snapshot of a restored machine");
    }
  }

  /// Much was there, and little is in the snapshot.
  private void aSnapshotReplacesWhatWasThere() throws Exception {
    try (Scratch scratch = new Scratch();
        M source = subject.open(scratch.directory());
        M copy = subject.open(scratch.directory())) {
      history.applyEach(copy, 0, TAKEN / 2);
      new History<>(subject, 32, TAKEN, TAKEN - 5).applyEach(source, 0, TAKEN);
      restore(copy, Snapshots.take(source));
      Rule.same(
          subject.digest(source), subject.digest(copy), "a state that was restored over another");
    }
  }

  /// A reader comes in the middle; he may be kept waiting.
  private void readersSeeOldOrNew() throws Exception {
    ExecutorService reader = Executors.newSingleThreadExecutor();
    try (Scratch scratch = new Scratch();
        M source = subject.open(scratch.directory());
        M copy = subject.open(scratch.directory())) {
      byte[] snapshot = snapshot(source);
      history.applyEach(copy, 0, TAKEN / 2);
      Object before = subject.digest(copy);
      List<Future<Object>> seen = new ArrayList<>();
      Halting in =
          new Halting(
              snapshot,
              () -> {
                Future<Object> read = reader.submit(() -> subject.digest(copy));
                seen.add(read);
                waitFor(read);
              });
      history.restore(copy, in, TAKEN);
      Object after = reader.submit(() -> subject.digest(copy)).get();
      Rule.same(subject.digest(source), after, "what a reader sees after restore has returned");
      for (Future<Object> read : seen) {
        Object state = read.get();
        Rule.holds(
            Objects.deepEquals(state, before) || Objects.deepEquals(state, after),
            "a reader saw " + state + " while the state was restored");
      }
    } finally {
      reader.close();
    }
  }

  private void endsEarly() throws Exception {
    try (Scratch scratch = new Scratch();
        M source = subject.open(scratch.directory())) {
      byte[] snapshot = snapshot(source);
      int length = snapshot.length;
      for (int cut : new int[] {0, 1, length / 4, length / 2, length * 3 / 4, length - 1}) {
        refusedByOneThatGoesOn(
            scratch,
            "the first " + cut + " of " + length + " bytes of a snapshot",
            new ByteArrayInputStream(Arrays.copyOf(snapshot, Math.min(cut, length - 1))));
      }
    }
  }

  private void cannotBeRead() throws Exception {
    try (Scratch scratch = new Scratch();
        M source = subject.open(scratch.directory())) {
      InputStream broken =
          new Halting(
              snapshot(source),
              () -> {
                throw new IOException("read failed");
              });
      refusedByOneThatGoesOn(scratch, "a snapshot that cannot be read to its end", broken);
    }
  }

  /// Afterwards the machine holds what it held, or fails at every use: never something else.
  private void refusedByOneThatGoesOn(Scratch scratch, String what, InputStream snapshot)
      throws Exception {
    try (M machine = subject.open(scratch.directory())) {
      history.applyEach(machine, 0, TAKEN / 2);
      Object before = subject.digest(machine);
      Rule.failsToRead(what, () -> history.restore(machine, snapshot, TAKEN));
      Object after;
      try {
        after = subject.digest(machine);
      } catch (RuntimeException e) {
        return;
      }
      Rule.same(before, after, "the state after " + what + " was refused");
    }
  }

  /// The storage engine has verified what it hands out, so this is the last line only: a length
  /// that is nonsense must not ask for all of the memory.
  private void damaged() throws Exception {
    try (Scratch scratch = new Scratch();
        M source = subject.open(scratch.directory())) {
      byte[] snapshot = snapshot(source);
      SplittableRandom random = new SplittableRandom(41);
      for (int i = 0; i < 64; i++) {
        byte[] damaged = snapshot.clone();
        int place = i < 32 ? Math.min(i, damaged.length - 1) : random.nextInt(damaged.length);
        damaged[place] ^= (byte) (i % 2 == 0 ? 0x7f : 1 << random.nextInt(8));
        try (M machine = subject.open(scratch.directory())) {
          restore(machine, damaged);
        } catch (IOException | RuntimeException e) {
          // Refused, as it should be.
        } catch (Error e) {
          throw new AssertionError("byte " + place + " was changed, and that caused " + e, e);
        }
      }
    }
  }

  private byte[] snapshot(M source) throws IOException {
    history.applyEach(source, 0, TAKEN);
    byte[] snapshot = Snapshots.take(source);
    Rule.holds(snapshot.length > 0, "the snapshot is empty");
    return snapshot;
  }

  private void restore(M machine, byte[] snapshot) throws IOException {
    history.restore(machine, new ByteArrayInputStream(snapshot), TAKEN);
  }

  private static void waitFor(Future<Object> read) throws IOException {
    try {
      read.get(1, TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      // He waits until the new state is there.
    } catch (ExecutionException e) {
      throw new IOException("a reader failed while the state was restored", e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /// Gives bytes out piece by piece; something happens in the middle.
  private static final class Halting extends InputStream {
    private final ByteArrayInputStream in;
    private final int length;
    private final Snapshots.Interrupted.Between between;
    private boolean happened;

    Halting(byte[] bytes, Snapshots.Interrupted.Between between) {
      this.in = new ByteArrayInputStream(bytes);
      this.length = bytes.length;
      this.between = between;
    }

    @Override
    public int read() throws IOException {
      halt();
      return in.read();
    }

    @Override
    public int read(byte[] target, int offset, int count) throws IOException {
      halt();
      return in.read(target, offset, Math.min(count, Math.max(1, length / 16)));
    }

    private void halt() throws IOException {
      if (!happened && in.available() <= length / 2) {
        happened = true;
        between.happen();
      }
    }
  }
}
