package dengine.cli;

import static dengine.cli.NodeReport.Part.MEMBER;
import static org.assertj.core.api.Assertions.assertThat;

import dengine.api.ClusterUnavailableException;
import dengine.api.Member;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class StatusTest {

  private final Shell shell = new Shell();

  @BeforeEach
  void threeNodesOneOfThemSilent() {
    shell.store.members.add(new Member(1, "h:1", Member.Role.FOLLOWER));
    shell.store.members.add(new Member(2, "h:2", Member.Role.LEADER));
    shell.store.members.add(new Member(3, "h:3", Member.Role.FOLLOWER));
    shell.reports.add(
        new NodeReport.Answered(
            "h:1",
            1,
            0xbeef,
            "follower",
            7,
            2,
            120,
            118,
            118,
            MEMBER,
            List.of(),
            Optional.empty()));
    shell.reports.add(
        new NodeReport.Answered(
            "h:2",
            2,
            0xbeef,
            "leader",
            7,
            2,
            120,
            120,
            119,
            MEMBER,
            List.of(new NodeReport.Peer(1, 0, 12), new NodeReport.Peer(3, 20, 950)),
            Optional.empty()));
    shell.reports.add(new NodeReport.Silent("h:3", "no connection"));
  }

  @Test
  void everyNodeIsShownAndTheSilentOneAsSuch() {
    assertThat(shell.run("status", "-e", "h:1")).isZero();

    assertThat(shell.endpoints).containsExactly("h:1", "h:2", "h:3");
    assertThat(shell.out)
        .isEqualTo(
            """
            NODE  ADDRESS  ROLE                         TERM  LAST  COMMIT  APPLIED  LAG  HEARD
            1     h:1      follower                     7     120   118     118      0    12 ms ago
            2     h:2      leader                       7     120   120     119      0    -
            3     h:3      unreachable (no connection)  -     -     -       -        20   950 ms ago
            """);
  }

  @Test
  void jsonHasTheSame() {
    shell.run("status", "-o", "json");

    assertThat(shell.out)
        .startsWith("{\"leader\":2,\"term\":7,\"nodes\":[{\"address\":\"h:1\",\"id\":1,")
        .contains("\"cluster_id\":\"beef\"")
        .contains(
            "{\"address\":\"h:3\",\"id\":3,\"reachable\":false,\"reason\":\"no connection\","
                + "\"lag\":20,\"last_contact_ms\":950}");

    shell.run("status", "-o", "value");
    assertThat(shell.out).isEqualTo("h:2\n");
  }

  @Test
  void aClusterWithoutALeaderIsFiveAndIsShownAllTheSame() {
    shell.store.failure = new ClusterUnavailableException("no node answered");
    shell.reports.remove(1);

    assertThat(shell.run("status", "-e", "h:1,h:3")).isEqualTo(5);

    assertThat(shell.endpoints).containsExactly("h:1", "h:3");
    assertThat(shell.out).contains("follower").contains("unreachable (no connection)");
    assertThat(shell.err)
        .isEqualTo(
            "dengine: no leader among the nodes at h:1,h:3 (--endpoints): 1 of 2 answer, a leader"
                + " needs most of the voters\n");
  }

  @Test
  void aNodeThatIsInNoClusterSaysSoInWords() {
    shell.store.members.clear();
    shell.reports.clear();
    shell.reports.add(node(1, NodeReport.Part.FOUNDING));
    shell.reports.add(new NodeReport.Silent("h:2", "no connection"));
    assertThat(shell.run("status", "-e", "h:1,h:2")).isEqualTo(5);
    assertThat(shell.out).contains("1     h:1      waits for all members ");
    assertThat(shell.err).contains("1 of 2 answer, the cluster begins when all its members have");

    shell.reports.clear();
    shell.reports.add(node(3, NodeReport.Part.REMOVED));
    assertThat(shell.run("status", "-e", "h:3")).isEqualTo(5);
    assertThat(shell.out).contains("3     h:3      removed from the cluster ");
    assertThat(shell.err).contains("no member of the cluster is among them: ask one that still is");
    shell.run("status", "-e", "h:3", "-o", "json");
    assertThat(shell.out).contains("\"role\":\"learner\",\"standing\":\"removed\"");

    shell.reports.clear();
    shell.reports.add(node(4, NodeReport.Part.JOINING));
    assertThat(shell.run("status", "-e", "h:4")).isEqualTo(5);
    assertThat(shell.out).contains("4     h:4      waits to be taken in ");
    assertThat(shell.err).contains("none of them has been taken in by a cluster");
  }

  @Test
  void aNodeThatWaitsForAnotherClusterDoesNotExplainWhyThisOneHasNoLeader() {
    shell.store.failure = new ClusterUnavailableException("no node answered");
    shell.reports.remove(1);
    shell.reports.add(node(4, NodeReport.Part.FOUNDING));

    assertThat(shell.run("status", "-e", "h:1,h:3,h:4")).isEqualTo(5);

    assertThat(shell.out).contains("4     h:4      waits for all members ");
    assertThat(shell.err).contains("2 of 3 answer, a leader needs most of the voters");
  }

  @Test
  void ofANodeThatIsNoPeerTheLeaderKnowsNothing() {
    shell.reports.add(node(9, NodeReport.Part.REMOVED));

    shell.run("status");

    assertThat(shell.out)
        .containsPattern("9 +h:9 +removed from the cluster +1 +9 +9 +9 +\\? +\\?\n");
  }

  private static NodeReport node(int id, NodeReport.Part part) {
    return new NodeReport.Answered(
        "h:" + id, id, 0xbeef, "learner", 1, 0, 9, 9, 9, part, List.of(), Optional.empty());
  }

  @Test
  void ofTwoThatSayTheyLeadTheOneWithTheHigherTermDoes() {
    shell.reports.add(
        new NodeReport.Answered(
            "h:4", 4, 0xbeef, "leader", 6, 4, 99, 90, 90, MEMBER, List.of(), Optional.empty()));

    shell.run("status", "-o", "value");

    assertThat(shell.out).isEqualTo("h:2\n");
  }
}
