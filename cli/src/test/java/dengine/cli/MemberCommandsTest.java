package dengine.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dengine.api.ClusterUnavailableException;
import dengine.api.InvalidRequestException;
import dengine.api.MembershipChangeRefusedException;
import dengine.api.MembershipChangeRefusedException.Reason;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class MemberCommandsTest {

  private final Shell shell = new Shell();

  @Test
  void theMembersAreShownAsATableAsJsonAndBare() {
    assertThat(shell.run("member", "list")).isZero();
    assertThat(shell.out)
        .isEqualTo(
            """
            NODE  ADDRESS  STANDING             LAG  CONTACT          REPLACES
            1     h:1      leader               0    -                -
            2     ?        leaving              ?    ?                -
            3     h:3      learner (read-only)  12   silent for 12 s  -
            4     h:4      learner              5    -                2
            """);
    assertThat(shell.run("member", "list", "-o", "json")).isZero();
    assertThat(shell.out)
        .startsWith("{\"index\":7,\"committed\":true,\"joint\":true,\"leader\":1,\"members\":[")
        .contains(
            "{\"id\":1,\"address\":\"h:1\",\"standing\":\"voter\",\"read_only\":false,"
                + "\"incarnation\":\"ff\",\"lag\":0,\"silent_ms\":0}",
            "\"lag\":12,\"silent_ms\":12345}",
            "\"replaces\":2");
    assertThat(shell.run("member", "list", "-o", "value")).isZero();
    assertThat(shell.out).isEqualTo("1\n2\n3\n4\n");
  }

  @Test
  void everyChangeIsAskedForAndSaysItsIndex() {
    assertThat(shell.run("member", "add", "5", "h:5", "--read-only", "-o", "value")).isZero();
    assertThat(shell.out).isEqualTo("8\n");
    assertThat(shell.run("member", "promote", "3", "4", "-o", "json")).isZero();
    assertThat(shell.out).isEqualTo("{\"index\":8}\n");
    assertThat(shell.run("member", "demote", "2")).isZero();
    assertThat(shell.out).isEqualTo("INDEX\n8\n");
    assertThat(shell.run("member", "remove", "2", "3")).isZero();
    assertThat(shell.run("member", "readdress", "2", "h:9")).isZero();
    shell.reports.add(
        new NodeReport.Answered(
            "h:2",
            2,
            0xbeef,
            "leader",
            7,
            2,
            9,
            9,
            9,
            NodeReport.Part.MEMBER,
            List.of(),
            Optional.empty()));
    assertThat(shell.run("transfer", "2")).isZero();
    assertThat(shell.run("transfer")).isZero();

    assertThat(shell.admin.asked)
        .containsExactly(
            "add 5 h:5 true",
            "promote [3, 4]",
            "demote 2",
            "remove [2, 3]",
            "readdress 2 h:9",
            "transfer 2",
            "transfer 0");
  }

  @Test
  void aTransferSaysWhoLeadsAfterwards() {
    shell.reports.add(
        new NodeReport.Answered(
            "h:3",
            3,
            0xbeef,
            "leader",
            7,
            3,
            9,
            9,
            9,
            NodeReport.Part.MEMBER,
            List.of(),
            Optional.empty()));

    assertThat(shell.run("transfer", "3")).isZero();

    assertThat(shell.out).isEqualTo("LEADER  ADDRESS  TERM\n3       h:3      7\n");
    assertThat(shell.err).isEmpty();
    assertThat(shell.endpoints).containsExactly("h:1", "h:3", "h:4", "127.0.0.1:9081");
    assertThat(shell.run("transfer", "3", "-o", "json")).isZero();
    assertThat(shell.out).isEqualTo("{\"leader\":3,\"address\":\"h:3\",\"term\":7}\n");
  }

  @Test
  void aTransferAfterWhichNobodyLeadsYetIsOneAndNamesNobody() {
    for (String format : List.of("table", "value", "json")) {
      assertThat(shell.run("transfer", "3", "--timeout", "100ms", "-o", format)).isEqualTo(1);

      assertThat(shell.out).isEqualTo(format.equals("json") ? "{\"leader\":null}\n" : "");
      assertThat(shell.err)
          .isEqualTo(
              "dengine: leadership was handed over, and nobody has said yet that it leads: see"
                  + " 'dengine status'\n");
    }

    shell.admin.refusal = new InvalidRequestException("it leads");
    assertThat(shell.run("transfer", "1", "--timeout", "100ms")).isEqualTo(1);
    assertThat(shell.err).contains("node 1 leads already").doesNotContain("handed over");
  }

  @Test
  void aTransferToTheLeaderIsDoneAlreadyAndOneToAStrangerIsRefused() {
    shell.reports.add(
        new NodeReport.Answered(
            "h:1",
            1,
            0xbeef,
            "leader",
            7,
            1,
            9,
            9,
            9,
            NodeReport.Part.MEMBER,
            List.of(),
            Optional.empty()));
    shell.admin.refusal = new InvalidRequestException("not to that one");

    assertThat(shell.run("transfer", "1", "-o", "value")).isZero();
    assertThat(shell.out).isEqualTo("1\n");
    assertThat(shell.err).isEqualTo("dengine: node 1 leads already\n");

    assertThat(shell.run("transfer", "9")).isEqualTo(3);
    assertThat(shell.err).isEqualTo("dengine: refused: not to that one\n");
  }

  @Test
  void aReplacementThatGoesOnSaysSoAndIsOne() {
    assertThat(shell.run("member", "replace", "2", "4", "h:4", "-o", "value")).isZero();
    assertThat(shell.out).isEqualTo("true\n");

    shell.admin.replaced = false;
    assertThat(shell.run("member", "replace", "2", "4", "h:4", "-o", "json")).isEqualTo(1);

    assertThat(shell.out).contains("\"complete\":false");
    assertThat(shell.err).contains("node 4 is catching up; node 2 keeps its vote");
  }

  @Test
  void refusalsAndFailuresHaveTheirExitCodes() {
    shell.admin.failure =
        new MembershipChangeRefusedException(Reason.WOULD_LOSE_QUORUM, "1 of 3 is left");
    assertThat(shell.run("member", "remove", "2")).isEqualTo(3);
    assertThat(shell.err).isEqualTo("dengine: refused: 1 of 3 is left\n");
    shell.admin.failure = new ClusterUnavailableException("no node could be reached");
    assertThat(shell.run("member", "list")).isEqualTo(5);
    assertThat(shell.err).contains("asked at 127.0.0.1:9081");
    shell.admin.failure = null;
    assertThat(shell.run("member", "add", "0", "h:1")).isEqualTo(3);
    assertThat(shell.run("member", "add", "5", "nowhere")).isEqualTo(2);
    assertThat(shell.run("member", "add", "five", "h:1")).isEqualTo(2);
    assertThat(shell.run("member", "promote")).isEqualTo(2);
  }
}
