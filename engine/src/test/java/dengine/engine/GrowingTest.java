package dengine.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dengine.engine.spi.SnapshotStore;
import dengine.raft.Membership;
import dengine.raft.MembershipChange;
import dengine.raft.Refusal;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Whole nodes that found, grow, shrink, forget and catch up.
@Timeout(60)
final class GrowingTest extends NodesFixture {

  private static final NodeOptions FORGETFUL =
      QUICK.withSnapshots(
          SnapshotOptions.DEFAULT
              .withPolicy(new SnapshotPolicy.Entries(20))
              .withRetention(2, 5, 1 << 20)
              .withTransfer(0, 64, 4));

  @Test
  void foundersAgreeAndEachWritesDownTheSame() {
    startThree();
    leader().propose(bytes("x"), LONG);

    until(() -> disks.values().stream().allMatch(disk -> disk.founders().isPresent()));
    Membership founders = disks.get(1).founders().orElseThrow();

    assertThat(disks.values()).allSatisfy(disk -> assertThat(disk.founders()).contains(founders));
    for (int id = 1; id <= 3; id++) {
      assertThat(founders.member(id).incarnation()).isEqualTo(disks.get(id).incarnation());
    }
  }

  @Test
  void oneNodeGrowsToThreeAndShrinksBack() {
    Node first = alone(QUICK);
    first.propose(bytes("a"), LONG);

    join(first, 2, QUICK);
    join(first, 3, QUICK);
    until(() -> voters(first).equals(List.of(1, 2, 3)));
    first.propose(bytes("b"), LONG);
    until(() -> journals.get(3).lines.equals(List.of("a", "b")));
    change(first, new MembershipChange.Remove(List.of(3)));
    change(first, new MembershipChange.Remove(List.of(2)));

    assertThat(first.propose(bytes("c"), LONG)).isNotNull();
    assertThat(voters(first)).containsExactly(1);
  }

  @Test
  void aNodeThatJoinsLateCatchesUpBySnapshot() {
    Node first = alone(FORGETFUL);
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      lines.add("line" + i);
      first.propose(bytes("line" + i), LONG);
    }
    until(() -> first.status().history().firstIndex() > 100);

    join(first, 2, FORGETFUL);
    until(() -> journals.get(2).lines.equals(lines));

    assertThat(journals.get(2).restores.get()).isPositive();
    assertThat(first.snapshotActivity().sent()).isPositive();
    first.propose(bytes("after"), LONG);
    until(() -> journals.get(2).lines.contains("after"));
  }

  @Test
  void aRestartGoesOnFromTheNewestSnapshot() {
    Node node = alone(FORGETFUL);
    for (int i = 0; i < 100; i++) {
      node.propose(bytes("line" + i), LONG);
    }
    SnapshotStore.Snapshot taken = node.snapshot().join();
    node.propose(bytes("last"), LONG);
    until(() -> node.status().history().firstIndex() > 1);
    node.close();

    Node again = start(1, Membership.of(1), FORGETFUL);
    again.waitReady(LONG);
    again.awaitReadable(LONG);

    assertThat(journals.get(1).restores.get()).isEqualTo(1);
    assertThat(journals.get(1).lines).hasSize(101).endsWith("line99", "last");
    assertThat(again.status().history().snapshot().orElseThrow().position())
        .isEqualTo(taken.point().position());
  }

  @Test
  void theLogOfABusyNodeStaysWithinItsBound() {
    Node node = alone(FORGETFUL);

    for (int i = 0; i < 500; i++) {
      node.propose(bytes("line" + i), LONG);
    }
    until(() -> disks.get(1).snapshots.list().size() <= 2);
    until(() -> keptEntries(node) < 2 * (20 + 5));

    assertThat(node.snapshotActivity().taken()).isGreaterThan(2);
  }

  @Test
  void aVoterThatWasRemovedKnowsItAndGoesOnRunning() {
    startThree();
    Node leader = leader();
    leader.propose(bytes("x"), LONG);
    int other = leader.id() % 3 + 1;

    change(leader, new MembershipChange.Remove(List.of(other)));
    until(() -> nodes.get(other).status().removed());

    assertThat(nodes.get(other).terminated()).isNotDone();
  }

  @Test
  void aLeaderThatRemovesItselfSeesTheChangeEndAndTheOthersGoOn() {
    startThree();
    Node leader = leader();
    leader.propose(bytes("x"), LONG);

    long index = change(leader, new MembershipChange.Remove(List.of(leader.id())));

    until(() -> nodes.values().stream().anyMatch(n -> n != leader && n.isLeading()));
    Node next =
        nodes.values().stream().filter(n -> n != leader && n.isLeading()).findFirst().orElseThrow();
    next.propose(bytes("y"), LONG);
    assertThat(next.membership().index()).isGreaterThanOrEqualTo(index);
    assertThat(voters(next)).hasSize(2).doesNotContain(leader.id());
  }

  @Test
  void whoeverWatchesSeesTheMembersChange() throws Exception {
    Node first = alone(QUICK);
    List<Configuration> seen = new CopyOnWriteArrayList<>();

    try (AutoCloseable _ = first.watchMembership(seen::add)) {
      join(first, 2, QUICK);
      until(() -> !seen.isEmpty() && seen.getLast().membership().isMember(2));
    }

    assertThat(seen).allMatch(Configuration::committed);
    assertThat(seen).isSortedAccordingTo((a, b) -> Long.compare(a.index(), b.index()));
  }

  @Test
  void aChangeIsRefusedByANodeThatDoesNotLeadAndWhereItWouldLeaveNobody() {
    startThree();
    Node leader = leader();
    leader.propose(bytes("x"), LONG);
    Node follower = nodes.values().stream().filter(n -> n != leader).findFirst().orElseThrow();

    assertThatThrownBy(
            () -> follower.changeMembership(new MembershipChange.Remove(List.of(1)), LONG))
        .isInstanceOfSatisfying(
            NodeException.Refused.class,
            refused -> assertThat(refused.refusal()).isInstanceOf(Refusal.NotLeader.class));
    assertThatThrownBy(
            () -> leader.changeMembership(new MembershipChange.Remove(List.of(1, 2, 3)), LONG))
        .isInstanceOf(NodeException.Refused.class);
  }

  @Test
  void theNewestSnapshotCanBeSaved() throws Exception {
    Node node = alone(QUICK);
    assertThatThrownBy(node::openSnapshot).isInstanceOf(NodeException.Refused.class);
    node.propose(bytes("a"), LONG);
    node.propose(bytes("b"), LONG);
    node.snapshot().join();

    try (SnapshotStore.Reading reading = node.openSnapshot()) {
      assertThat(reading.stream().readAllBytes()).isEqualTo(bytes("a\nb"));
    }
  }

  private Node join(Node leader, int id, NodeOptions options) {
    Node joining = start(id, Membership.NONE, options);
    Membership.Member member = new Membership.Member("", disks.get(id).incarnation(), false, 0);
    change(leader, new MembershipChange.Add(id, member));
    return joining;
  }

  private static long keptEntries(Node node) {
    NodeStatus status = node.status();
    return status.lastIndex() - status.history().firstIndex() + 1;
  }

  private static List<Integer> voters(Node node) {
    return node.membership().membership().voters();
  }

  /// A leader that was just elected first hears who answers.
  private static long change(Node leader, MembershipChange wanted) {
    while (true) {
      try {
        return leader.changeMembership(wanted, LONG);
      } catch (NodeException.Refused busy) {
        assertThat(busy.refusal()).isInstanceOf(Refusal.ChangeInProgress.class);
        Thread.onSpinWait();
      }
    }
  }
}
