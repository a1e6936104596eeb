package dengine.engine;

import static dengine.engine.FoundAtStart.command;
import static dengine.engine.FoundAtStart.membership;
import static dengine.engine.FoundAtStart.noop;
import static dengine.engine.FoundAtStart.persist;
import static dengine.engine.FoundAtStart.point;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dengine.engine.spi.StorageException;
import dengine.raft.Effect;
import dengine.raft.Entry;
import dengine.raft.HardState;
import dengine.raft.Membership;
import dengine.raft.Position;
import dengine.raft.Raft;
import dengine.raft.RecoveredLog;
import dengine.raft.SnapshotPoint;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/// What a node begins with, on a new disk and on what a crash left.
final class BeginningTest {

  private static final Membership THREE = Membership.of(1, 2, 3);

  private final FoundAtStart found = new FoundAtStart();
  private final MemoryStorage disk = found.disk;
  private final FoundAtStart.Machine machine = found.machine;

  @Test
  void aLoneNodeFoundsItsClusterWithItsOwnIncarnationAndAddress() {
    Raft.Start start = begin(Membership.of(1)).start();

    assertThat(start.bootstrap()).isEqualTo(Raft.Bootstrap.DONE);
    assertThat(start.incarnation()).isEqualTo(42);
    assertThat(start.membership().member(1))
        .isEqualTo(new Membership.Member("here:1", 42, false, 0));
    assertThat(disk.founders()).contains(start.membership());
  }

  @Test
  void aFounderAmongOthersMustHearFromThemFirst() {
    Beginning beginning = begin(THREE);

    assertThat(beginning.start().bootstrap()).isEqualTo(Raft.Bootstrap.FOUND);
    assertThat(beginning.start().membership()).isEqualTo(THREE);
    assertThat(disk.founders()).as("it is the core that says when").isEmpty();
    assertThat(beginning.effective()).isEqualTo(new Configuration(0, THREE, false));
    assertThat(beginning.committed().membership()).isEqualTo(Membership.NONE);
    assertThat(beginning.applied().point()).isEmpty();
  }

  @Test
  void aNodeThatJoinsKnowsNobody() {
    Raft.Start start = begin(Membership.NONE).start();

    assertThat(start.bootstrap()).isEqualTo(Raft.Bootstrap.JOIN);
    assertThat(start.membership()).isEqualTo(Membership.NONE);
    assertThat(start.address()).isEqualTo("here:1");
  }

  @Test
  void whatTheDiskSaysOfTheMembersCountsMoreThanWhatIsConfigured() {
    disk.found(THREE);
    disk.append(List.of(persist(1, membership(2, Membership.of(1, 2)), command(3))));

    Beginning beginning = begin(Membership.of(1, 9));

    assertThat(beginning.start().bootstrap()).isEqualTo(Raft.Bootstrap.DONE);
    assertThat(beginning.start().membership()).isEqualTo(THREE);
    assertThat(beginning.start().membershipIndex()).isZero();
    assertThat(beginning.start().memberships()).hasSize(1);
    assertThat(beginning.effective()).isEqualTo(new Configuration(2, Membership.of(1, 2), false));
    assertThat(beginning.committed()).isEqualTo(new Configuration(0, THREE, true));
  }

  @Test
  void aNodeThatJoinedLearnsTheMembersFromItsLog() {
    disk.append(List.of(persist(1, membership(2, THREE))));

    Raft.Start start = begin(Membership.NONE).start();

    assertThat(start.bootstrap()).isEqualTo(Raft.Bootstrap.DONE);
    assertThat(start.membership()).isEqualTo(Membership.NONE);
    assertThat(start.memberships()).hasSize(1);
  }

  @Test
  void theNewestSnapshotIsRestoredAndTheLogGoesOnAfterIt() {
    disk.found(THREE);
    Membership two = Membership.of(1, 2);
    disk.append(
        List.of(persist(1, membership(2, two), command(3), membership(4, THREE), command(5))));
    disk.snapshots.add(point(3, 1, two, 2), new byte[] {3}, 0);

    Beginning beginning = begin(THREE);

    assertThat(machine.restored).containsExactly("3 at 3 term 1 time 300");
    assertThat(beginning.start().appliedIndex()).isEqualTo(3);
    assertThat(beginning.start().membership()).isEqualTo(two);
    assertThat(beginning.start().membershipIndex()).isEqualTo(2);
    assertThat(beginning.start().memberships().stream().map(Entry::index)).containsExactly(4L);
    assertThat(beginning.start().log().lastIndex()).isEqualTo(5);
    assertThat(beginning.applied().point()).contains(point(3, 1, two, 2));
    assertThat(disk.snapshots.open.get()).isZero();
  }

  @Test
  void aMachineThatIsAsFarItselfGetsNoSnapshot() {
    disk.found(THREE);
    disk.append(List.of(persist(1, command(2), membership(3, Membership.of(1, 2)), command(4))));
    disk.snapshots.add(point(2, 1, THREE, 0), new byte[] {2}, 0);
    machine.applied = 4;

    Beginning beginning = begin(THREE);

    assertThat(machine.restored).isEmpty();
    assertThat(beginning.start().appliedIndex()).isEqualTo(4);
    assertThat(beginning.applied().point())
        .contains(new SnapshotPoint(new Position(4, 1), 400, Membership.of(1, 2), 3));
  }

  @Test
  void aConfigurationThatTheMachineHasAppliedIsCommitted() {
    disk.found(THREE);
    Membership two = Membership.of(1, 2);
    disk.append(List.of(persist(1, membership(2, two), command(3), membership(4, THREE))));

    machine.applied = 3;
    assertThat(begin(THREE).committed()).isEqualTo(new Configuration(2, two, true));
    assertThat(begin(THREE).effective()).isEqualTo(new Configuration(4, THREE, false));
    machine.applied = 4;
    assertThat(begin(THREE).committed()).isEqualTo(new Configuration(4, THREE, true));
    assertThat(begin(THREE).effective()).isEqualTo(begin(THREE).committed());
  }

  @Test
  void aCrashBeforeTheLogsResetIsMadeUpForAndKeepsTheVote() {
    disk.found(THREE);
    disk.append(
        List.of(
            new Effect.Persist(
                1, Optional.of(new HardState(5, 2)), 0, List.of(noop(1), command(2)))));
    disk.snapshots.add(point(9, 4, THREE, 0), new byte[] {9}, 0);

    Raft.Start start = begin(THREE).start();

    RecoveredLog reset = new RecoveredLog(new Position(9, 4), List.of(), 9, 900);
    assertThat(start.log()).isEqualTo(reset);
    assertThat(start.hardState()).isEqualTo(new HardState(5, 2));
    assertThat(disk.recovered().log()).isEqualTo(reset);
    assertThat(disk.recovered().hardState()).isEqualTo(new HardState(5, 2));
    assertThat(disk.forces.get()).isEqualTo(1);
    assertThat(start.memberships()).isEmpty();
  }

  @Test
  void aLogThatContradictsTheSnapshotIsDropped() {
    disk.found(THREE);
    disk.append(
        List.of(persist(1, command(2), membership(3, Membership.of(1)), command(4), command(5))));
    disk.snapshots.add(point(4, 2, THREE, 0), new byte[] {4}, 0);

    Raft.Start start = begin(THREE).start();

    assertThat(start.log().base()).isEqualTo(new Position(4, 2));
    assertThat(start.log().lastIndex()).isEqualTo(4);
    assertThat(start.memberships()).isEmpty();
    assertThat(start.membership()).isEqualTo(THREE);
    assertThat(start.hardState()).as("never behind its log").isEqualTo(new HardState(2, 0));
  }

  @Test
  void whoeverWasRestoredAmongOthersMustHearFromThemFirst() {
    restored(THREE);

    Beginning beginning = begin(Membership.of(1));

    assertThat(beginning.start().bootstrap()).isEqualTo(Raft.Bootstrap.FOUND);
    assertThat(beginning.start().membership()).isEqualTo(THREE);
    assertThat(beginning.start().log().lastIndex()).isEqualTo(9);
    assertThat(beginning.effective()).isEqualTo(new Configuration(0, THREE, false));
    assertThat(beginning.committed().membership()).isEqualTo(Membership.NONE);
    assertThat(beginning.applied().point()).isEmpty();
    assertThat(disk.founders()).isEmpty();
  }

  @Test
  void whatTheRestoredAgreedOnCountsMoreThanWhatTheBackupSays() {
    restored(THREE);
    Membership agreed =
        THREE.withDetails(
            Map.of(
                1, new Membership.Member("here:1", 42, false, 0),
                2, new Membership.Member("there:2", 20, false, 0),
                3, new Membership.Member("there:3", 30, false, 0)));
    var _ = begin(THREE);
    disk.found(agreed);

    Beginning again = begin(THREE);

    assertThat(again.start().bootstrap()).isEqualTo(Raft.Bootstrap.DONE);
    assertThat(again.start().membership()).isEqualTo(agreed);
    assertThat(again.applied().point()).contains(point(9, 4, agreed, 0));
  }

  @Test
  void aRestoredDiskThatCameLaterGoesByNothingTheBackupSaysOfTheMembers() {
    restored(THREE);
    disk.found(Membership.NONE);

    Beginning again = begin(THREE);

    assertThat(again.start().bootstrap()).isEqualTo(Raft.Bootstrap.DONE);
    assertThat(again.start().membership()).isEqualTo(Membership.NONE);
  }

  @Test
  void aNodeThatJoinedAndGotTheBackupFromTheLeaderDoesNotEither() {
    restored(THREE);
    disk.restoreFor(null);

    assertThat(begin(Membership.NONE).start().membership()).isEqualTo(Membership.NONE);
  }

  @Test
  void whoeverWasRestoredAloneFoundsItsClusterWithItsDisk() {
    Membership alone =
        Membership.of(1).withDetails(Map.of(1, new Membership.Member("told:1", 0, false, 0)));
    restored(alone);

    Raft.Start start = begin(Membership.of(1)).start();

    assertThat(start.bootstrap()).isEqualTo(Raft.Bootstrap.DONE);
    assertThat(start.membership().member(1))
        .isEqualTo(new Membership.Member("told:1", 42, false, 0));
    assertThat(disk.founders()).contains(start.membership());
    assertThat(disk.restored()).isEmpty();
  }

  @Test
  void aRestoredDirectoryIsAnotherDiskAtEachStartUntilItHasFounded() {
    restored(THREE);
    disk.establish(FoundAtStart.SELF, 42);

    startAndClose();
    long first = disk.incarnation();
    startAndClose();
    long second = disk.incarnation();
    disk.found(THREE.withDetails(Map.of(1, new Membership.Member("here:1", second, false, 0))));
    startAndClose();

    assertThat(first).isNotEqualTo(42);
    assertThat(second).isNotEqualTo(first);
    assertThat(disk.incarnation()).isEqualTo(second);
  }

  private void startAndClose() {
    new NodeBuilder(FoundAtStart.SELF, THREE)
        .storage(disk)
        .stateMachine(new FoundAtStart.Machine())
        .transport(new Hub().transportOf(1))
        .start()
        .close();
  }

  private void restored(Membership members) {
    disk.snapshots.add(point(9, 4, members, 0), new byte[] {9}, 0);
    disk.restoreFor(members);
  }

  @Test
  void aSecondStartAfterThatChangesNothing() {
    disk.found(THREE);
    disk.snapshots.add(point(9, 4, THREE, 0), new byte[] {9}, 0);

    Raft.Start first = begin(THREE).start();
    int forces = disk.forces.get();
    machine.applied = 0;
    Raft.Start second = begin(THREE).start();

    assertThat(second).isEqualTo(first);
    assertThat(disk.forces.get()).isEqualTo(forces);
  }

  @Test
  void aLogThatBeginsAfterTheNewestSnapshotIsRefused() {
    disk.found(THREE);
    disk.append(
        List.of(
            new Effect.Persist(
                1, Optional.empty(), 0, List.of(), Optional.of(point(9, 4, THREE, 0)))));
    disk.snapshots.add(point(8, 4, THREE, 0), new byte[] {9}, 0);

    assertThatThrownBy(() -> begin(THREE))
        .isInstanceOf(StorageException.Inconsistent.class)
        .hasMessageContaining("what is between is lost");
  }

  @Test
  void aSnapshotThatCannotBeReadCostsTheLogNothing() {
    disk.found(THREE);
    disk.append(List.of(persist(1, command(2))));
    disk.snapshots.add(point(9, 4, THREE, 0), new byte[] {9}, 0);
    disk.snapshots.damaged = true;

    assertThatThrownBy(() -> begin(THREE)).isInstanceOf(StorageException.Corrupt.class);
    assertThat(disk.recovered().log().lastIndex()).isEqualTo(2);
  }

  private Beginning begin(Membership initial) {
    return found.begin(initial);
  }
}
