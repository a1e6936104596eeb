package dengine.testkit.conformance;

import static dengine.testkit.conformance.StorageStory.NODE;

import dengine.engine.spi.SnapshotStore;
import dengine.engine.spi.SnapshotStore.Snapshot;
import dengine.engine.spi.StorageEngine;
import dengine.engine.spi.StorageException;
import dengine.testkit.conformance.Conformance.Check;
import dengine.testkit.conformance.StorageSubject.Ability;
import dengine.testkit.conformance.StorageSubject.Place;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/// What bad disks must not lead to.
final class DamageRules {

  private static final int DAMAGES = 120;

  private final StorageSubject subject;

  DamageRules(StorageSubject subject) {
    this.subject = subject;
  }

  List<Check> afterDamage() {
    return List.of(new Check("damageIsRefusedOrHarmless", this::damageIsRefusedOrHarmless));
  }

  List<Check> afterFailure() {
    return List.of(
        new Check("aFailedWriteIsFinal", () -> failureIsFinal(false)),
        new Check("aFailedSyncIsFinal", () -> failureIsFinal(true)));
  }

  /// The end of the log may be missing after damage to its last batch: nobody can tell that from a
  /// write that was interrupted. Anything else is as it was, or is refused.
  private void damageIsRefusedOrHarmless() throws Exception {
    int refused = 0;
    for (int seed = 1; seed <= DAMAGES; seed++) {
      try (Scratch scratch = new Scratch()) {
        Place place = subject.place(scratch.directory());
        StorageStory story = new StorageStory(place, seed % 4);
        for (int i = 0; i < 5; i++) {
          story.append();
          story.force();
        }
        byte[] state = SnapshotFileRules.bytes(20_000);
        Snapshot snapshot =
            StorageStory.finish(story.engine().snapshots(), SnapshotFileRules.point(1), state);
        story.append();
        List<LogModel> possible = story.possible();
        story.force();
        story.close();
        place.damage(new SplittableRandom(seed));
        refused += look(place, possible, snapshot, state) ? 1 : 0;
      } catch (AssertionError e) {
        throw new AssertionError("damage " + seed + ": " + e.getMessage(), e);
      }
    }
    Rule.holds(refused > 0, "none of " + DAMAGES + " changed bits was noticed");
  }

  /// @return whether anything was refused
  private static boolean look(Place place, List<LogModel> possible, Snapshot snapshot, byte[] state)
      throws IOException {
    try (StorageEngine engine = place.open(NODE)) {
      boolean found =
          possible.stream().anyMatch(model -> model.difference(engine.log(), 0).isEmpty());
      Rule.holds(found, "the log is another one: " + engine.log().recovered());
      SnapshotStore store = engine.snapshots();
      if (store.list().contains(snapshot)) {
        byte[] read = SnapshotFileRules.state(store, snapshot);
        Rule.holds(Arrays.equals(read, state), "a damaged snapshot was served");
      }
      return store.list().isEmpty();
    } catch (StorageException e) {
      return true;
    }
  }

  private void failureIsFinal(boolean sync) throws Exception {
    try (Scratch scratch = new Scratch()) {
      Place place = subject.place(scratch.directory());
      StorageStory story = new StorageStory(place, 3);
      for (int i = 0; i < 5; i++) {
        story.append();
      }
      story.force();
      if (sync) {
        story.append();
      }
      place.failNext();
      Rule.refused(
          "writing to a disk that fails",
          () -> {
            if (!sync) {
              story.append();
            }
            story.log().force();
          });
      for (int i = 0; i < 2; i++) {
        Rule.refused("a sync after a failure", () -> story.log().force());
      }
      List<LogModel> possible = story.possible();
      try {
        story.close();
      } catch (StorageException e) {
        // It may say so once more.
      }
      if (subject.abilities().contains(Ability.POWER_CUT)) {
        for (int i = 0; i < 20; i++) {
          CrashRules.found(
              place.afterPowerCut(new SplittableRandom(i)), possible, 0, "after a failure");
        }
      }
    }
  }
}
