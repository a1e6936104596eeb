package dengine.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dengine.raft.Membership;
import dengine.raft.RoleChange;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/// What nodes tell those who follow them.
final class NodeConditionTest extends NodesFixture {

  private final List<Condition> seen = new CopyOnWriteArrayList<>();

  @Test
  void aLeaderSaysSoOnlyAfterItHasAppliedTheEntryThatOpenedItsTerm() {
    Node first = alone(QUICK);
    journals.get(1).goOn.countDown();
    first.propose(bytes("hang"), LONG);
    first.close();

    Node again = start(1, Membership.of(1), QUICK);
    until(() -> again.status().role() == RoleChange.Kind.LEADER);
    assertThat(again.condition().role()).contains(RoleChange.Kind.CANDIDATE);
    assertThat(again.condition().phase()).isEqualTo(Condition.Phase.WAITING);
    assertThat(again.condition().firstCommit()).isZero();
    journals.get(1).goOn.countDown();

    Condition leads = again.await(Condition::isLeading, LONG);
    assertThat(leads.leader()).isEqualTo(1);
    assertThat(again.appliedIndex()).isGreaterThanOrEqualTo(leads.firstCommit());
    assertThat(leads.firstCommit()).isGreaterThan(2);
  }

  @Test
  void everybodyHearsOfANewLeaderAndOfTheFirstCommitOfItsTerm() {
    startThree();
    Node old = leader();
    List<Node> others = nodes.values().stream().filter(node -> node.id() != old.id()).toList();
    long term = old.condition().term();

    old.close();

    for (Node node : others) {
      Condition now =
          node.await(c -> c.term() > term && c.leader() != 0 && c.firstCommit() != 0, LONG);
      assertThat(now.leader()).isNotEqualTo(old.id());
      Condition leads = nodes.get(now.leader()).condition();
      assertThat(leads.firstCommit()).isEqualTo(now.firstCommit());
    }
    assertThat(old.condition().phase()).isEqualTo(Condition.Phase.STOPPED);
  }

  @Test
  void aNodeThatIsCutOffHearsThatThereIsNoLeader() {
    startThree();
    Node leader = leader();

    hub.cutOff(leader.id());

    Condition alone = leader.await(now -> now.phase() == Condition.Phase.WAITING, LONG);
    assertThat(alone.leader()).isZero();
    assertThat(alone.isLeading()).isFalse();
  }

  @Test
  void aClosedNodeTellsThatItStopsAndThatItHas() throws Exception {
    Node node = alone(QUICK);
    CountDownLatch over = new CountDownLatch(1);
    node.watchCondition(
        now -> {
          seen.add(now);
          if (now.phase() == Condition.Phase.STOPPED) {
            over.countDown();
          }
        });

    node.close();

    over.await();
    assertThat(seen)
        .extracting(Condition::phase)
        .startsWith(Condition.Phase.SERVING, Condition.Phase.STOPPING)
        .endsWith(Condition.Phase.STOPPED);
    assertThat(seen.getLast().cause()).isEmpty();
    assertThat(seen).extracting(Condition::number).doesNotHaveDuplicates().isSorted();
  }

  @Test
  void aNodeThatStopsItselfTellsWhy() {
    Node node = alone(QUICK);

    disks.get(1).failNextForce = true;
    var _ = propose(node, "lost", LONG);

    Condition last = node.await(now -> now.phase() == Condition.Phase.STOPPED, LONG);
    assertThat(last.cause()).get().extracting(Throwable::getMessage).asString().contains("sync");
    assertThatThrownBy(() -> node.waitReady(LONG)).isInstanceOf(NodeException.Stopped.class);
    assertThatThrownBy(() -> node.await(Condition::isLeading, LONG))
        .isInstanceOf(NodeException.Stopped.class)
        .hasRootCauseMessage("Input/output error");
  }

  @Test
  void whoeverTakesLongHoldsUpNobody() throws Exception {
    startThree();
    Node leader = leader();
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    leader.watchCondition(
        now -> {
          begun.countDown();
          try {
            goOn.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });
    begun.await();

    leader.transferLeadership(0, LONG);

    assertThat(leader.await(now -> !now.isLeading(), Duration.ofSeconds(20)).isLeading()).isFalse();
    goOn.countDown();
  }
}
