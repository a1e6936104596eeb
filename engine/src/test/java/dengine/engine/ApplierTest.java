package dengine.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dengine.engine.spi.StateMachine;
import dengine.raft.Entry;
import dengine.raft.Event;
import dengine.raft.Membership;
import dengine.raft.Position;
import dengine.raft.SnapshotPoint;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/// Views of the state and states that replace it, in order with what is applied.
final class ApplierTest {

  private final SteppedExecution threads = new SteppedExecution();
  private final MemorySnapshots store = new MemorySnapshots();
  private final News news = new News();
  private final List<String> machine = new ArrayList<>();
  private final List<String> progress = new ArrayList<>();
  private final List<StateView> views = new ArrayList<>();
  private boolean machineIsBroken;
  private long nextDeadline = Long.MAX_VALUE;

  private final Applier applier =
      new Applier(
          new Machine(),
          Applied.nothing(),
          store,
          (index, bytes) -> progress.add(index + " " + bytes),
          threads,
          10,
          threads::execute,
          news);

  @Test
  void aViewIsTakenBetweenTwoBatchesAndSaysWhereItIs() {
    applier.apply(entries(1, 2), List.of());
    applier.askView(views::add);
    applier.apply(entries(3, 3), List.of());
    threads.settle();

    assertThat(machine).containsExactly("apply 1..2", "view", "apply 3..3");
    StateView.Taken taken = (StateView.Taken) views.getFirst();
    assertThat(taken.point())
        .contains(new SnapshotPoint(new Position(2, 1), 2, Membership.of(1), 0));
    assertThat(taken.totalBytes()).isEqualTo(2 * Entry.OVERHEAD_BYTES);
  }

  @Test
  void aSnapshotIsInstalledAfterWhatWasHandedOutBeforeAndBeforeWhatFollows() {
    store.add(point(9), new byte[] {99}, 0);

    applier.apply(entries(1, 2), List.of());
    applier.install(point(9));
    applier.apply(entries(10, 10), List.of());
    threads.settle();

    assertThat(machine).containsExactly("apply 1..2", "restore 99 at 9 time 7", "apply 10..10");
    assertThat(news.heard)
        .containsExactly(new Event.Applied(2), new Event.Installed(9), new Event.Applied(10));
    assertThat(applier.applied()).isEqualTo(10);
    assertThat(progress).containsExactly("2 96", "9 96", "10 144");
    assertThat(store.open.get()).isZero();
  }

  @Test
  void readersWaitForAnInstalledStateAsForAnAppliedOne() {
    store.add(point(9), new byte[] {99}, 0);
    ReadCall reader = new ReadCall(Long.MAX_VALUE, null);
    applier.serve(List.of(reader), 8);
    threads.settle();
    assertThat(reader.isDone()).isFalse();

    applier.install(point(9));
    threads.settle();

    assertThat(reader.isDone()).isTrue();
    assertThat(applier.waitingReaders()).isZero();
  }

  @Test
  void anOldSnapshotNeverTakesTheStateBack() {
    store.add(point(1), new byte[] {99}, 0);
    applier.apply(entries(1, 2), List.of());

    applier.install(point(1));
    threads.settle();

    assertThat(machine).containsExactly("apply 1..2");
    assertThat(applier.applied()).isEqualTo(2);
    assertThat(news.heard).containsExactly(new Event.Applied(2), new Event.Installed(1));
  }

  @Test
  void aSnapshotThatCannotBeInstalledStopsTheNode() {
    store.add(point(9), new byte[] {99}, 0);
    store.damaged = true;

    applier.install(point(9));
    applier.apply(entries(10, 10), List.of());
    threads.settle();

    assertThat(machine).isEmpty();
    assertThat(news.heard).hasSize(1);
    assertThat(((Event.StorageFailed) news.heard.getFirst()).cause())
        .hasMessageContaining("could not be installed");
    assertThat(applier.applied()).isZero();
  }

  @Test
  void aSnapshotIsReadNoFurtherWhenTheNodeEnds() {
    store.add(point(9), new byte[] {99}, 0);
    applier.close();

    applier.install(point(9));
    threads.settle();

    assertThat(machine).isEmpty();
    assertThat(((Event.StorageFailed) news.heard.getFirst()).cause().getCause())
        .hasMessageContaining("the node is closing");
  }

  @Test
  void theCoreHearsWhenTheStateHasToChangeByItself() {
    nextDeadline = 900;
    applier.tellWhatIsDue();
    applier.apply(entries(1, 1), List.of());
    threads.settle();
    nextDeadline = Long.MAX_VALUE;
    applier.apply(entries(2, 2), List.of());
    threads.settle();

    assertThat(news.heard)
        .containsExactly(
            new Event.Due(900, false),
            new Event.Applied(1),
            new Event.Due(Long.MAX_VALUE, false),
            new Event.Applied(2));
  }

  @Test
  void theCoreHearsThatMoreIsDueThanWentWithTheLastEntry() {
    Entry last = entries(1, 1).getLast();
    nextDeadline = last.time();
    applier.apply(List.of(last), List.of());
    threads.settle();

    assertThat(news.heard).containsExactly(new Event.Due(last.time(), true), new Event.Applied(1));
  }

  @Test
  void aMachineThatThrowsInsteadOfAViewGoesOnApplying() {
    machineIsBroken = true;

    applier.askView(views::add);
    applier.apply(entries(1, 1), List.of());
    threads.settle();

    assertThat(views.getFirst()).isInstanceOf(StateView.Failed.class);
    assertThat(news.heard).containsExactly(new Event.Applied(1));
  }

  @Test
  void aSnapshotSaysWhoFoundedTheCluster() {
    applier.found(Membership.of(1, 2, 3));
    applier.apply(entries(1, 1), List.of());
    applier.askView(views::add);
    threads.settle();

    StateView.Taken taken = (StateView.Taken) views.getFirst();
    assertThat(taken.point().orElseThrow().membership()).isEqualTo(Membership.of(1, 2, 3));
  }

  private static SnapshotPoint point(long index) {
    return new SnapshotPoint(new Position(index, 1), 7, Membership.of(1), 0);
  }

  private static List<Entry> entries(long from, long to) {
    List<Entry> entries = new ArrayList<>();
    for (long index = from; index <= to; index++) {
      entries.add(new Entry(index, 1, index, Entry.Kind.COMMAND, new byte[0]));
    }
    return entries;
  }

  private final class Machine implements StateMachine {
    @Override
    public long nextDeadline() {
      return nextDeadline;
    }

    @Override
    public void apply(Batch batch) {
      machine.add("apply " + batch.index(0) + ".." + batch.index(batch.size() - 1));
    }

    @Override
    public Optional<View> view() {
      if (machineIsBroken) {
        throw new IllegalStateException("told to break");
      }
      machine.add("view");
      return Optional.of(
          new View() {
            @Override
            public void writeTo(OutputStream out) {}

            @Override
            public void close() {}
          });
    }

    @Override
    public void restore(InputStream snapshot, long index, long time) throws IOException {
      machine.add("restore " + snapshot.read() + " at " + index + " time " + time);
    }
  }
}
