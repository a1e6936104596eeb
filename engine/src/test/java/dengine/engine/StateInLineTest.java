package dengine.engine;

import static dengine.engine.FoundAtStart.command;
import static dengine.engine.FoundAtStart.persist;
import static dengine.engine.FoundAtStart.point;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dengine.engine.spi.StorageException;
import dengine.raft.Membership;
import dengine.raft.Position;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/// What becomes of a state that the machine brings along, beside what log and snapshot say.
final class StateInLineTest {

  private static final Membership THREE = Membership.of(1, 2, 3);

  private final FoundAtStart found = new FoundAtStart();
  private final MemoryStorage disk = found.disk;
  private final FoundAtStart.Machine machine = found.machine;

  StateInLineTest() {
    found.persistence = new Persistence.MemFirst(Duration.ofMillis(50));
  }

  @Test
  void aStateAheadOfItsLogThatItsMachineCannotDiscardIsRefusedWithWhatToDo() {
    disk.found(THREE);
    machine.applied = 5;
    machine.discards = false;

    assertThatThrownBy(() -> begin(THREE))
        .isInstanceOf(StorageException.Inconsistent.class)
        .hasMessageContaining("the state of a machine does not go with the log of node 1")
        .hasMessageContaining("applied up to 5, and the log ends at 0")
        .hasMessageContaining("cannot discard it by itself: move the directory of the state away")
        .hasMessageContaining("built again from the log");
  }

  @Test
  void aStateAheadOfItsLogIsDiscardedAndBuiltAgainFromSnapshotAndLog() {
    disk.found(THREE);
    disk.append(List.of(persist(1, command(2), command(3), command(4))));
    disk.snapshots.add(point(2, 1, THREE, 0), new byte[] {2}, 0);
    machine.applied = 5;

    Beginning beginning = begin(THREE);

    assertThat(machine.discarded).isEqualTo(1);
    assertThat(machine.restored).containsExactly("2 at 2 term 1 time 200");
    assertThat(beginning.start().appliedIndex()).isEqualTo(2);
    assertThat(beginning.start().log().lastIndex()).isEqualTo(4);
    assertThat(beginning.applied().point()).contains(point(2, 1, THREE, 0));
    assertThat(disk.snapshots.open.get()).isZero();
  }

  @Test
  void aStateAheadOfItsLogIsBuiltAgainFromTheLogAloneWhereThereIsNoSnapshot() {
    disk.found(THREE);
    disk.append(List.of(persist(1, command(2))));
    machine.applied = 3;

    Beginning beginning = begin(THREE);

    assertThat(machine.discarded).isEqualTo(1);
    assertThat(beginning.start().appliedIndex()).isZero();
    assertThat(beginning.start().log().lastIndex()).isEqualTo(2);
  }

  /// As after a power cut with `MemFirst`: what was synced last of the log is older than both.
  @Test
  void aSnapshotAheadOfTheLogIsAllThatAStateAheadOfBothIsBuiltFrom() {
    disk.found(THREE);
    disk.append(List.of(persist(1, command(2))));
    disk.snapshots.add(point(9, 1, THREE, 0), new byte[] {9}, 0);
    machine.applied = 12;

    Beginning beginning = begin(THREE);

    assertThat(machine.discarded).isEqualTo(1);
    assertThat(machine.restored).containsExactly("9 at 9 term 1 time 900");
    assertThat(beginning.start().appliedIndex()).isEqualTo(9);
    assertThat(beginning.start().log().base()).isEqualTo(new Position(9, 1));
  }

  @Test
  void aStateAtASnapshotThatIsAheadOfTheLogIsKept() {
    disk.found(THREE);
    disk.append(List.of(persist(1, command(2))));
    disk.snapshots.add(point(9, 1, THREE, 0), new byte[] {9}, 0);
    machine.applied = 9;
    machine.term = 1;
    machine.time = 900;

    Beginning beginning = begin(THREE);

    assertThat(machine.discarded).isZero();
    assertThat(machine.restored).isEmpty();
    assertThat(beginning.start().appliedIndex()).isEqualTo(9);
    assertThat(beginning.start().log().base()).isEqualTo(new Position(9, 1));
  }

  @Test
  void aStateWhoseLastEntryIsNotTheLogsIsDiscarded() {
    disk.found(THREE);
    disk.append(List.of(persist(1, command(2), command(3))));
    machine.applied = 2;
    machine.term = 4;

    assertThat(begin(THREE).start().appliedIndex()).isZero();
    assertThat(machine.discarded).isEqualTo(1);
  }

  /// A log that was put back to what it was before may come to the same index in the same term.
  @Test
  void aStateWhoseLastEntryHasAnotherTimeInTheLogIsDiscarded() {
    disk.found(THREE);
    disk.append(List.of(persist(1, command(2), command(3))));
    machine.applied = 2;
    machine.term = 1;
    machine.time = 201;

    assertThat(begin(THREE).start().appliedIndex()).isZero();
    assertThat(machine.discarded).isEqualTo(1);
  }

  @Test
  void aStateWhoseLastEntryIsTheLogsIsKept() {
    disk.found(THREE);
    disk.append(List.of(persist(1, command(2), command(3))));
    machine.applied = 2;
    machine.term = 1;
    machine.time = 200;

    assertThat(begin(THREE).start().appliedIndex()).isEqualTo(2);
    assertThat(machine.discarded).isZero();
  }

  @Test
  void aStateThatStandsAtTheSnapshotInAnotherTermIsReplaced() {
    disk.found(THREE);
    disk.append(List.of(persist(1, command(2), command(3))));
    disk.snapshots.add(point(2, 1, THREE, 0), new byte[] {2}, 0);
    machine.applied = 2;
    machine.term = 3;

    assertThat(begin(THREE).start().appliedIndex()).isEqualTo(2);
    assertThat(machine.discarded).isEqualTo(1);
    assertThat(machine.restored).containsExactly("2 at 2 term 1 time 200");
  }

  @Test
  void aStateOfAnotherNodeOrDirectoryIsDiscarded() {
    disk.found(THREE);
    disk.append(List.of(persist(1, command(2))));
    machine.applied = 2;
    machine.term = 1;
    machine.owner = "node 2 of cluster 7 in 42";

    assertThat(begin(THREE).start().appliedIndex()).isZero();
    assertThat(machine.discarded).isEqualTo(1);
    assertThat(machine.asked).containsExactly("node 1 of cluster 7 in 42");
  }

  /// The snapshot replaces all of it: nobody need look what it was.
  @Test
  void aStateBehindTheSnapshotIsReplacedWhosesoeverItWas() {
    disk.found(THREE);
    disk.append(List.of(persist(1, command(2), command(3))));
    disk.snapshots.add(point(3, 1, THREE, 0), new byte[] {3}, 0);
    machine.applied = 2;
    machine.term = 4;
    machine.owner = "node 2 of cluster 7 in 42";
    machine.discards = false;

    assertThat(begin(THREE).start().appliedIndex()).isEqualTo(3);
    assertThat(machine.restored).containsExactly("3 at 3 term 1 time 300");
  }

  @Test
  void aSnapshotThatCannotBeReadCostsTheStateNothing() {
    disk.found(THREE);
    disk.append(List.of(persist(1, command(2))));
    disk.snapshots.add(point(2, 1, THREE, 0), new byte[] {9}, 0);
    disk.snapshots.damaged = true;
    machine.applied = 5;

    assertThatThrownBy(() -> begin(THREE)).isInstanceOf(StorageException.Corrupt.class);
    assertThat(machine.discarded).isZero();
  }

  /// No crash does that: the log is not what it promised to be, and the state is the only witness.
  @Test
  void withDiskFirstAStateAheadOfItsLogIsRefusedAndKept() {
    found.persistence = new Persistence.DiskFirst();
    disk.found(THREE);
    disk.append(List.of(persist(1, command(2))));
    machine.applied = 5;

    assertThatThrownBy(() -> begin(THREE))
        .isInstanceOf(StorageException.Inconsistent.class)
        .hasMessageContaining("a machine does not go with the log of node 1 of cluster 7")
        .hasMessageContaining("applied up to 5, and the log ends at 2")
        .hasMessageContaining("replace it by an empty one")
        .hasMessageContaining("move the directory of the state away (not the log's)");
    assertThat(machine.discarded).isZero();
  }

  @Test
  void withDiskFirstAStateOfAnotherHistoryIsRefusedAndKept() {
    found.persistence = new Persistence.DiskFirst();
    disk.found(THREE);
    disk.append(List.of(persist(1, command(2), command(3))));
    machine.applied = 2;
    machine.term = 4;

    assertThatThrownBy(() -> begin(THREE))
        .isInstanceOf(StorageException.Inconsistent.class)
        .hasMessageContaining("the entry 2 that it has applied has term 4");
    assertThat(machine.discarded).isZero();
  }

  /// It says nothing about the log.
  @Test
  void withDiskFirstAStateOfAnotherNodeIsDiscarded() {
    found.persistence = new Persistence.DiskFirst();
    disk.found(THREE);
    disk.append(List.of(persist(1, command(2))));
    machine.applied = 5;
    machine.owner = "node 1 of cluster 7 in 41";

    assertThat(begin(THREE).start().appliedIndex()).isZero();
    assertThat(machine.discarded).isEqualTo(1);
  }

  private Beginning begin(Membership initial) {
    return found.begin(initial);
  }
}
