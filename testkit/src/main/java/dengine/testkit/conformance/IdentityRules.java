package dengine.testkit.conformance;

import static dengine.testkit.conformance.StorageStory.INCARNATION;
import static dengine.testkit.conformance.StorageStory.NODE;

import dengine.engine.spi.MetaStore.Identity;
import dengine.engine.spi.StorageEngine;
import dengine.raft.Membership;
import dengine.testkit.conformance.Conformance.Check;
import dengine.testkit.conformance.StorageSubject.Place;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Whose data it is.
final class IdentityRules {

  private final StorageSubject subject;

  IdentityRules(StorageSubject subject) {
    this.subject = subject;
  }

  List<Check> checks() {
    return List.of(
        new Check("aNewPlaceIsNobodys", this::aNewPlaceIsNobodys),
        new Check("anIdentityIsFoundAgain", this::anIdentityIsFoundAgain),
        new Check("foundersAreFoundAgain", this::foundersAreFoundAgain),
        new Check("anIdentityIsGivenOnce", this::anIdentityIsGivenOnce),
        new Check("dataOfSomebodyElseIsRefused", this::dataOfSomebodyElseIsRefused),
        new Check("aPlaceInUseIsRefused", this::aPlaceInUseIsRefused));
  }

  private void aNewPlaceIsNobodys() throws Exception {
    try (Scratch scratch = new Scratch()) {
      Place place = subject.place(scratch.directory());
      for (int i = 0; i < 2; i++) { // having looked changes nothing
        try (StorageEngine engine = place.open(NODE)) {
          Rule.same(Optional.empty(), engine.meta().identity(), "the identity");
          Rule.same(0L, engine.meta().incarnation(), "the incarnation");
          Rule.same(Optional.empty(), engine.meta().founders(), "the founders");
        }
      }
    }
  }

  private void anIdentityIsFoundAgain() throws Exception {
    try (Scratch scratch = new Scratch()) {
      Place place = subject.place(scratch.directory());
      try (StorageEngine engine = place.open(NODE)) {
        engine.meta().establish(NODE, INCARNATION);
        Rule.same(Optional.of(NODE), engine.meta().identity(), "the identity");
        Rule.same(INCARNATION, engine.meta().incarnation(), "the incarnation");
      }
      try (StorageEngine engine = place.open(NODE)) {
        Rule.same(Optional.of(NODE), engine.meta().identity(), "the identity");
        Rule.same(INCARNATION, engine.meta().incarnation(), "the incarnation");
        Rule.same(Optional.empty(), engine.meta().founders(), "the founders");
      }
    }
  }

  private void foundersAreFoundAgain() throws Exception {
    Membership founders =
        Membership.of(1, 2, 3)
            .withDetails(Map.of(2, new Membership.Member("two:9081", 99, false, 0)));
    try (Scratch scratch = new Scratch()) {
      Place place = subject.place(scratch.directory());
      try (StorageEngine engine = place.open(NODE)) {
        engine.meta().establish(NODE, INCARNATION);
        engine.meta().found(founders);
        Rule.same(Optional.of(founders), engine.meta().founders(), "the founders");
      }
      try (StorageEngine engine = place.open(NODE)) {
        Rule.same(Optional.of(founders), engine.meta().founders(), "the founders");
        Rule.same(Optional.of(NODE), engine.meta().identity(), "the identity");
        Rule.same(INCARNATION, engine.meta().incarnation(), "the incarnation");
      }
    }
  }

  private void anIdentityIsGivenOnce() throws Exception {
    try (Scratch scratch = new Scratch()) {
      Place place = subject.place(scratch.directory());
      try (StorageEngine engine = place.open(NODE)) {
        engine.meta().establish(NODE, INCARNATION);
        Rule.refused("a second identity", () -> engine.meta().establish(NODE, 5));
      }
      try (StorageEngine engine = place.open(NODE)) {
        Rule.refused("a second identity", () -> engine.meta().establish(NODE, 5));
        Rule.same(INCARNATION, engine.meta().incarnation(), "the incarnation");
      }
    }
  }

  private void dataOfSomebodyElseIsRefused() throws Exception {
    try (Scratch scratch = new Scratch()) {
      Place place = subject.place(scratch.directory());
      try (StorageEngine engine = place.open(NODE)) {
        engine.meta().establish(NODE, INCARNATION);
      }
      Identity otherNode = new Identity(NODE.clusterId(), 2);
      Identity otherCluster = new Identity(NODE.clusterId() + 1, NODE.nodeId());
      Rule.refused("the data of another node", () -> place.open(otherNode).close());
      Rule.refused("the data of another cluster", () -> place.open(otherCluster).close());
      place.open(NODE).close();
    }
  }

  private void aPlaceInUseIsRefused() throws Exception {
    try (Scratch scratch = new Scratch()) {
      Place place = subject.place(scratch.directory());
      try (StorageEngine engine = place.open(NODE)) {
        engine.meta().establish(NODE, INCARNATION);
        Rule.refused("a place in use", () -> place.open(NODE).close());
      }
      place.open(NODE).close();
    }
  }
}
