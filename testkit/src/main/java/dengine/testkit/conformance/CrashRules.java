package dengine.testkit.conformance;

import static dengine.testkit.conformance.StorageStory.INCARNATION;
import static dengine.testkit.conformance.StorageStory.NODE;

import dengine.engine.spi.SnapshotStore.Snapshot;
import dengine.engine.spi.StorageEngine;
import dengine.raft.Membership;
import dengine.raft.Position;
import dengine.raft.SnapshotPoint;
import dengine.testkit.conformance.Conformance.Check;
import dengine.testkit.conformance.StorageSubject.Place;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;

/// What must be left when a process is killed, or the power goes.
final class CrashRules {

  private static final int STORIES = 12;
  private static final int STEPS = 40;
  private static final int OUTCOMES = 6;

  private final StorageSubject subject;

  CrashRules(StorageSubject subject) {
    this.subject = subject;
  }

  List<Check> afterKill() {
    return List.of(
        new Check("aKillTakesNothingBackThatWasAppended", this::aKillTakesNothingBack),
        new Check("aKillLeavesNoUnfinishedSnapshot", this::aKillLeavesNoUnfinishedSnapshot));
  }

  List<Check> afterPowerCut() {
    return List.of(
        new Check("aPowerCutLeavesWhatWasForcedAndAPrefixOfTheRest", this::aPowerCutLeavesAPrefix),
        new Check("aPowerCutTakesNoIdentityBack", this::aPowerCutTakesNoIdentityBack),
        new Check("aPowerCutTakesNoFinishedSnapshotBack", this::aPowerCutTakesNoSnapshotBack));
  }

  private void aKillTakesNothingBack() throws Exception {
    for (int seed = 1; seed <= STORIES; seed++) {
      try (Scratch scratch = new Scratch()) {
        Place place = subject.place(scratch.directory());
        try (StorageStory story = new StorageStory(place, seed)) {
          for (int step = 0; step < STEPS; step++) {
            story.step();
            if (step % 10 == 9) {
              story.append();
              found(place.afterKill(), List.of(story.now()), story.compacted(), "story " + seed);
            }
          }
        }
      }
    }
  }

  private void aPowerCutLeavesAPrefix() throws Exception {
    for (int seed = 1; seed <= STORIES; seed++) {
      SplittableRandom random = new SplittableRandom(seed);
      try (Scratch scratch = new Scratch()) {
        Place place = subject.place(scratch.directory());
        try (StorageStory story = new StorageStory(place, seed)) {
          for (int step = 0; step < STEPS; step++) {
            story.step();
            for (int i = 0; i < (step % 4 == 3 ? OUTCOMES : 0); i++) {
              Place left = place.afterPowerCut(random);
              found(left, story.possible(), story.compacted(), "story " + seed);
            }
          }
        }
      }
    }
  }

  /// The log must be one of these, and go on.
  static void found(Place place, List<LogModel> possible, long compacted, String when) {
    try (StorageEngine engine = place.open(NODE)) {
      List<String> differences = new ArrayList<>();
      for (LogModel model : possible.reversed()) {
        Optional<String> difference = model.difference(engine.log(), compacted);
        if (difference.isEmpty()) {
          return;
        }
        differences.add(difference.get());
      }
      throw new AssertionError(
          when + ": the log is none of " + possible.size() + " that it may be; " + differences);
    }
  }

  private void aKillLeavesNoUnfinishedSnapshot() throws Exception {
    try (Scratch scratch = new Scratch()) {
      Place place = subject.place(scratch.directory());
      try (StorageEngine engine = place.open(NODE)) {
        engine.meta().establish(NODE, INCARNATION);
        try (var writing = engine.snapshots().create(point(5))) {
          writing.stream().write(new byte[100_000]);
          writing.stream().flush();
          try (StorageEngine after = place.afterKill().open(NODE)) {
            Rule.same(List.of(), after.snapshots().list(), "the list of snapshots");
          }
        }
      }
    }
  }

  private void aPowerCutTakesNoIdentityBack() throws Exception {
    Membership founders = Membership.of(1, 2, 3);
    for (int seed = 1; seed <= STORIES; seed++) {
      SplittableRandom random = new SplittableRandom(seed);
      try (Scratch scratch = new Scratch()) {
        Place place = subject.place(scratch.directory());
        try (StorageEngine engine = place.open(NODE)) {
          engine.meta().establish(NODE, INCARNATION);
          try (StorageEngine after = place.afterPowerCut(random).open(NODE)) {
            Rule.same(Optional.of(NODE), after.meta().identity(), "the identity");
            Rule.same(INCARNATION, after.meta().incarnation(), "the incarnation");
          }
          engine.meta().found(founders);
          try (StorageEngine after = place.afterPowerCut(random).open(NODE)) {
            Rule.same(Optional.of(founders), after.meta().founders(), "the founders");
          }
        }
      }
    }
  }

  private void aPowerCutTakesNoSnapshotBack() throws Exception {
    for (int seed = 1; seed <= STORIES; seed++) {
      SplittableRandom random = new SplittableRandom(seed);
      byte[] state = new byte[random.nextInt(1, 100_000)];
      random.nextBytes(state);
      try (Scratch scratch = new Scratch()) {
        Place place = subject.place(scratch.directory());
        try (StorageEngine engine = place.open(NODE)) {
          engine.meta().establish(NODE, INCARNATION);
          Snapshot snapshot = StorageStory.finish(engine.snapshots(), point(5), state);
          try (StorageEngine after = place.afterPowerCut(random).open(NODE)) {
            Rule.same(List.of(snapshot), after.snapshots().list(), "the list of snapshots");
            Rule.same(state, SnapshotFileRules.state(after.snapshots(), snapshot), "its contents");
          }
        }
      }
    }
  }

  private static SnapshotPoint point(long index) {
    return new SnapshotPoint(new Position(index, 1), 100, Membership.of(1), 0);
  }
}
