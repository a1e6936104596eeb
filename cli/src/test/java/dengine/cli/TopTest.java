package dengine.cli;

import static dengine.cli.NodeReport.Part.MEMBER;
import static org.assertj.core.api.Assertions.assertThat;

import dengine.api.ClusterUnavailableException;
import dengine.api.Member;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class TopTest {

  private final Shell shell = new Shell();

  @BeforeEach
  void aLeaderAFollowerAndASilentNode() {
    for (int id = 1; id <= 3; id++) {
      shell.store.members.add(new Member(id, "h:" + id, Member.Role.FOLLOWER));
    }
    shell.reports.addAll(reports(120));
  }

  private static List<NodeReport> reports(long commit) {
    return List.of(
        new NodeReport.Answered(
            "h:1",
            1,
            0xbeef,
            "follower",
            7,
            2,
            commit,
            commit,
            118,
            MEMBER,
            List.of(),
            Optional.of(new NodeReport.Interior(101, Optional.empty(), 0, 2, commit / 2))),
        new NodeReport.Answered(
            "h:2",
            2,
            0xbeef,
            "leader",
            7,
            2,
            commit,
            commit,
            commit,
            MEMBER,
            List.of(new NodeReport.Peer(1, 0, 12), new NodeReport.Peer(3, 20, 950)),
            Optional.of(
                new NodeReport.Interior(
                    91,
                    Optional.of(new NodeReport.Kept(90, 4096, Duration.ofSeconds(3725))),
                    5,
                    0,
                    commit))),
        new NodeReport.Silent("h:3", "no connection"));
  }

  @Test
  void everyNodeIsShownWithWhatItHasAndDoes() {
    assertThat(shell.run("top", "-e", "h:1", "--count", "1")).isZero();

    assertThat(shell.endpoints).containsExactly("h:1", "h:2", "h:3");
    assertThat(shell.out)
        .isEqualTo(
            """
            cluster beef  leader 2  term 7  2 of 3 answer  - commits/s  - requests/s

            NODE  ADDRESS  ROLE                         TERM  COMMIT  REQUESTS/S  UNAPPLIED  LAG  \
            LOG  SNAPSHOT  CALLS  WATCHES  HEARD
            1     h:1      follower                     7     120     -           2          0    \
            20   none      0      2        12 ms ago
            2     h:2      leader                       7     120     -           0          0    \
            30   1h2m      5      0        -
            3     h:3      unreachable (no connection)  -     -       -           -          20   \
            -    -         -      -        950 ms ago
            """);
  }

  @Test
  void fromTheSecondLookOnItSaysHowFastTheClusterMoves() {
    TopView view =
        new TopView(
            ClusterView.of(reports(320), Map.of()),
            Optional.of(ClusterView.of(reports(120), Map.of())),
            Duration.ofMillis(500));

    assertThat(view.text(200))
        .startsWith(
            "cluster beef  leader 2  term 7  2 of 3 answer  400 commits/s  600 requests/s\n")
        .containsPattern("h:1 +follower +7 +320 +200 ")
        .containsPattern("h:2 +leader +7 +320 +400 ");
    assertThat(view.json())
        .containsEntry("commits_per_second", 400L)
        .containsEntry("requests_per_second", 600L);
  }

  @Test
  void aNodeThatWasStartedAnewAndKnowsOfLessHasNoRate() {
    TopView view =
        new TopView(
            ClusterView.of(reports(20), Map.of()),
            Optional.of(ClusterView.of(reports(120), Map.of())),
            Duration.ofSeconds(1));

    assertThat(view.text(200)).contains("- commits/s  - requests/s").doesNotContain("-1");
  }

  @Test
  void whatGoesIntoAFileIsOneLookAfterTheOtherWithoutControlCharacters() {
    shell.run("top", "--count", "2", "--interval", "100ms");

    assertThat(shell.out).doesNotContain("\033");
    assertThat(shell.out.split("cluster beef", -1)).hasSize(3);
    assertThat(shell.out).contains("950 ms ago\n\ncluster beef").contains("  0 commits/s");
  }

  @Test
  void jsonIsOneObjectPerLook() {
    shell.run("top", "-n", "2", "--interval", "100ms", "-o", "json");

    assertThat(shell.out.lines())
        .hasSize(2)
        .allSatisfy(
            line ->
                assertThat(line)
                    .startsWith(
                        "{\"leader\":2,\"term\":7,\"nodes\":[{\"address\":\"h:1\",\"id\":1,")
                    .contains(
                        "\"log_entries\":30,\"calls\":5,\"watches\":0,\"snapshot_index\":90,"));
  }

  @Test
  void onATerminalEachLookTakesThePlaceOfTheOneBeforeAndTheScreenIsGivenBack() {
    shell.environment.put("COLUMNS", "200");

    assertThat(shell.run("top", "--count", "2", "--interval", "100ms")).isZero();

    assertThat(shell.out).startsWith("\033[?1049h").endsWith("\033[?1049l");
    assertThat(shell.out.split("\033\\[H", -1)).hasSize(3);
  }

  @Test
  void onATerminalQEndsIt() {
    shell.environment.put("COLUMNS", "200");
    shell.input = "xq".getBytes(StandardCharsets.UTF_8);

    assertThat(shell.run("top", "--interval", "1h")).isZero();

    assertThat(shell.out).contains("cluster beef").endsWith("\033[?1049l");
  }

  @Test
  void aClusterWithoutALeaderIsShownAndIsFiveAtTheEnd() {
    shell.store.failure = new ClusterUnavailableException("no node answered");
    shell.reports.remove(1);

    assertThat(shell.run("top", "-e", "h:1,h:3", "--count", "1")).isEqualTo(5);

    assertThat(shell.endpoints).containsExactly("h:1", "h:3");
    assertThat(shell.out).startsWith("no leader: 1 of 2 answer, a leader needs most of the voters");
    assertThat(shell.err).startsWith("dengine: no leader among the nodes at h:1,h:3 (--endpoints)");
  }

  @Test
  void membersThatWereKnownOnceAreAskedAlsoWhenNobodySaysWhoTheyAre() {
    try (ClusterLook look =
        new ClusterLook(
            shell, new Target.Found(List.of("h:1"), "--endpoints"), Duration.ofSeconds(1))) {
      look.take();
      shell.store.failure = new ClusterUnavailableException("no node answered");

      look.take();

      assertThat(shell.endpoints).containsExactly("h:1", "h:2", "h:3");
    }
  }

  @Test
  void whatMakesNoSenseIsRefusedBeforeAnythingIsAsked() {
    assertThat(shell.run("top", "--interval", "1ms")).isEqualTo(2);
    assertThat(shell.err).startsWith("dengine: --interval 1ms: out of range; permitted: 100ms to");
    assertThat(shell.run("top", "--interval", "soon")).isEqualTo(2);
    assertThat(shell.run("top", "-o", "value")).isEqualTo(2);
    assertThat(shell.run("top", "--count", "-1")).isEqualTo(2);
    assertThat(shell.err).isEqualTo("dengine: --count = -1, permitted: 0 for ever, or more\n");
    assertThat(shell.endpoints).isEmpty();
  }
}
