package dengine.testkit.conformance;

import static dengine.testkit.conformance.StorageStory.NODE;

import dengine.engine.spi.LogStore;
import dengine.engine.spi.StorageEngine;
import dengine.raft.Effect.Persist;
import dengine.raft.Entry;
import dengine.raft.HardState;
import dengine.testkit.conformance.Conformance.Check;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/// What a log must do while nothing goes wrong.
final class LogRules {

  private static final int STORIES = 12;
  private static final int STEPS = 50;

  private final StorageSubject subject;

  LogRules(StorageSubject subject) {
    this.subject = subject;
  }

  List<Check> checks() {
    return List.of(
        new Check("aNewLogIsEmpty", this::aNewLogIsEmpty),
        new Check("entriesAreReadAsTheyWereAppended", this::entriesAreReadAsTheyWere),
        new Check("aReadEndsAtItsLimitButNotBeforeOneEntry", this::aReadEndsAtItsLimit),
        new Check("aRangeThatIsNotInTheLogIsRefused", this::aRangeOutsideIsRefused),
        new Check("aTruncatedTailIsGone", this::aTruncatedTailIsGone),
        new Check("aLogThatIsResetGoesOnBehindTheSnapshot", this::aResetLogGoesOn),
        new Check("compactionKeepsWhatIsBehind", this::compactionKeepsWhatIsBehind),
        new Check("anotherThreadReadsWhileEntriesAreAppended", this::anotherThreadReads),
        new Check("aLogIsFoundAsItWasClosed", this::aLogIsFoundAsItWasClosed));
  }

  private void aNewLogIsEmpty() throws Exception {
    try (Scratch scratch = new Scratch();
        StorageEngine engine = subject.place(scratch.directory()).open(NODE)) {
      engine.meta().establish(NODE, 1);
      fails(LogModel.NEW.difference(engine.log(), 0), "a new log is not empty");
      Rule.holds(engine.snapshots().list().isEmpty(), "a new place has snapshots");
    }
  }

  private void entriesAreReadAsTheyWere() throws Exception {
    try (Scratch scratch = new Scratch();
        StorageStory story = new StorageStory(subject.place(scratch.directory()), 1)) {
      byte[] large = new byte[200_000];
      large[199_999] = 1;
      Entry entry = new Entry(1, 1, 9, Entry.Kind.COMMAND, large);
      Entry empty = new Entry(2, 1, 9, Entry.Kind.COMMAND, new byte[0]);
      Entry noop = new Entry(3, 2, 11, Entry.Kind.NOOP, new byte[0]);
      story.log().append(List.of(start(1, List.of(entry, empty))));
      Rule.same(List.of(entry, empty), all(story.log(), 1, 2), "what was appended, not forced");
      story.log().append(List.of(start(2, List.of(noop))));
      story.log().force();
      Rule.same(List.of(entry, empty, noop), all(story.log(), 1, 3), "what was appended");
    }
  }

  private void aReadEndsAtItsLimit() throws Exception {
    try (Scratch scratch = new Scratch();
        StorageStory story = new StorageStory(subject.place(scratch.directory()), 1)) {
      List<Entry> entries = new ArrayList<>();
      for (int i = 1; i <= 10; i++) {
        entries.add(new Entry(i, 1, i, Entry.Kind.COMMAND, new byte[100]));
      }
      story.log().append(List.of(start(1, entries)));
      int size = entries.getFirst().size();
      Rule.same(entries.subList(2, 3), story.log().read(3, 10, 1), "a read of at most one byte");
      int several = story.log().read(3, 10, 3L * size).size();
      Rule.holds(
          several >= 1 && several <= 4, "a read for three entries gave " + several + " of them");
      Rule.same(entries.subList(2, 5), all(story.log(), 3, 5), "a read that ends before the log");
    }
  }

  private void aRangeOutsideIsRefused() throws Exception {
    try (Scratch scratch = new Scratch();
        StorageStory story = new StorageStory(subject.place(scratch.directory()), 1)) {
      story
          .log()
          .append(List.of(start(1, List.of(new Entry(1, 1, 1, Entry.Kind.NOOP, new byte[0])))));
      Rule.refused("a read behind the end", () -> all(story.log(), 2, 2));
      Rule.refused("a read of an index before the first", () -> all(story.log(), 0, 1));
      story.reset();
      Rule.refused("a read of what a snapshot replaced", () -> all(story.log(), 1, 1));
    }
  }

  private void aTruncatedTailIsGone() throws Exception {
    try (Scratch scratch = new Scratch();
        StorageStory story = new StorageStory(subject.place(scratch.directory()), 1)) {
      Entry first = new Entry(1, 1, 1, Entry.Kind.COMMAND, new byte[] {1});
      Entry old = new Entry(2, 1, 2, Entry.Kind.COMMAND, new byte[] {2});
      Entry older = new Entry(3, 1, 3, Entry.Kind.COMMAND, new byte[] {3});
      Entry other = new Entry(2, 2, 4, Entry.Kind.COMMAND, new byte[] {4});
      story.log().append(List.of(start(1, List.of(first, old, older))));
      story
          .log()
          .append(List.of(new Persist(2, Optional.of(new HardState(2, 0)), 2, List.of(other))));
      Rule.same(List.of(first, other), all(story.log(), 1, 2), "a log whose tail was replaced");
      Rule.refused("a read of what was truncated", () -> all(story.log(), 3, 3));
    }
  }

  private void aResetLogGoesOn() throws Exception {
    for (int seed = 1; seed <= 5; seed++) {
      try (Scratch scratch = new Scratch();
          StorageStory story = new StorageStory(subject.place(scratch.directory()), seed)) {
        story.append();
        story.reset();
        story.reopen();
        story.append();
        story.reset();
        story.append();
        story.readSomewhere();
        story.reopen();
      }
    }
  }

  private void compactionKeepsWhatIsBehind() throws Exception {
    for (int seed = 1; seed <= 5; seed++) {
      try (Scratch scratch = new Scratch();
          StorageStory story = new StorageStory(subject.place(scratch.directory()), seed)) {
        for (int i = 0; i < 20; i++) {
          story.append();
          story.readSomewhere();
          if (i % 4 == 3) {
            story.compact();
            story.readSomewhere();
          }
        }
        story.reopen();
        story.append();
        story.reopen();
      }
    }
  }

  private void anotherThreadReads() throws Exception {
    ExecutorService reader = Executors.newSingleThreadExecutor();
    try (Scratch scratch = new Scratch();
        StorageStory story = new StorageStory(subject.place(scratch.directory()), 4)) {
      for (int i = 0; i < 50; i++) {
        story.append();
        story.force();
        long last = story.now().lastIndex();
        if (last > 0) {
          List<Entry> expected = story.now().entries();
          Future<List<Entry>> read = reader.submit(() -> all(story.log(), 1, last));
          Entry next =
              new Entry(
                  last + 1, story.now().hardState().term(), 1L << 50, Entry.Kind.NOOP, new byte[0]);
          story.log().append(List.of(new Persist(900, Optional.empty(), 0, List.of(next))));
          Rule.same(expected, read.get(), "what another thread read");
          story.log().append(List.of(new Persist(901, Optional.empty(), next.index(), List.of())));
        }
      }
    } catch (ExecutionException e) {
      throw new AssertionError("another thread could not read: " + e.getCause(), e);
    } finally {
      reader.close();
    }
  }

  private void aLogIsFoundAsItWasClosed() throws Exception {
    for (int seed = 1; seed <= STORIES; seed++) {
      try (Scratch scratch = new Scratch();
          StorageStory story = new StorageStory(subject.place(scratch.directory()), seed)) {
        for (int step = 0; step < STEPS; step++) {
          story.step();
        }
        story.reopen();
        story.reopen();
      } catch (AssertionError e) {
        throw new AssertionError("story " + seed + ": " + e.getMessage(), e);
      }
    }
  }

  private static Persist start(long sequence, List<Entry> entries) {
    HardState hardState = new HardState(entries.getLast().term(), 1);
    return new Persist(sequence, Optional.of(hardState), 0, entries);
  }

  private static List<Entry> all(LogStore log, long from, long upTo) {
    return log.read(from, upTo, Long.MAX_VALUE);
  }

  private static void fails(Optional<String> difference, String what) {
    difference.ifPresent(
        it -> {
          throw new AssertionError(what + ": " + it);
        });
  }
}
