package dengine.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dengine.api.Leader;
import dengine.api.Member.Role;
import dengine.api.NodeState;
import dengine.api.NodeState.Phase;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class LifecycleCommandTest {

  private static final NodeState WAITS =
      new NodeState(
          1,
          1,
          Phase.WAITING,
          Optional.of(Role.CANDIDATE),
          5,
          Optional.empty(),
          OptionalLong.empty(),
          Optional.empty());
  private static final NodeState LEADS =
      new NodeState(
          2,
          1,
          Phase.SERVING,
          Optional.of(Role.LEADER),
          5,
          Optional.of(new Leader(1, "h:1", 5)),
          OptionalLong.of(17),
          Optional.empty());
  private static final NodeState STOPS =
      new NodeState(
          3,
          1,
          Phase.STOPPING,
          Optional.empty(),
          5,
          Optional.empty(),
          OptionalLong.of(17),
          Optional.of("the disk is full"));

  private static final NodeState UNKNOWN =
      new NodeState(
          0,
          0,
          Phase.UNREACHABLE,
          Optional.empty(),
          0,
          Optional.empty(),
          OptionalLong.empty(),
          Optional.empty());

  private final Shell shell = new Shell();

  @Test
  void statesAreLines() {
    shell.lifecycle.states.addAll(List.of(WAITS, LEADS, STOPS));

    assertThat(shell.run("lifecycle", "--count", "3")).isZero();

    assertThat(shell.out.replaceAll("(?m)^\\S+Z  ", ""))
        .isEqualTo(
            """
            waiting     node 1  candidate  term 5  no leader
            serving     node 1  leader     term 5  leader 1 at h:1  first commit 17
            stopping    node 1  -          term 5  no leader  first commit 17  (the disk is full)
            """);
  }

  @Test
  void asJsonEachIsAnObject() {
    shell.lifecycle.states.addAll(List.of(WAITS, LEADS));

    assertThat(shell.run("lifecycle", "-n", "2", "-o", "json")).isZero();

    assertThat(shell.out.replaceAll("\"time\":\"[^\"]+Z\",", ""))
        .isEqualTo(
            """
            {"node":1,"number":1,"phase":"waiting","role":"candidate","term":5,"leader":null,\
            "leader_address":null,"first_commit":null,"cause":null}
            {"node":1,"number":2,"phase":"serving","role":"leader","term":5,"leader":1,\
            "leader_address":"h:1","first_commit":17,"cause":null}
            """);
  }

  @Test
  void whatIsNotKnownIsNoNumber() {
    shell.lifecycle.states.add(UNKNOWN);

    shell.run("lifecycle", "-n", "1");
    assertThat(shell.out.replaceAll("(?m)^\\S+Z  ", ""))
        .isEqualTo("unreachable node ?  -          term ?  no leader\n");
    shell.run("lifecycle", "-n", "1", "-o", "json");

    assertThat(shell.out.replaceAll("\"time\":\"[^\"]+Z\",", ""))
        .isEqualTo(
            """
            {"node":null,"number":null,"phase":"unreachable","role":null,"term":null,\
            "leader":null,"leader_address":null,"first_commit":null,"cause":null}
            """);
  }

  @Test
  void theValueIsTheLeadersNumber() {
    shell.lifecycle.states.addAll(List.of(WAITS, LEADS));

    assertThat(shell.run("lifecycle", "-n", "2", "-o", "value")).isZero();

    assertThat(shell.out).isEqualTo("0\n1\n");
  }

  @Test
  void whoeverWaitsUntilTheClusterServesGoesOnThen() {
    shell.lifecycle.states.addAll(List.of(WAITS, LEADS, STOPS));

    assertThat(shell.run("lifecycle", "--ready", "-o", "value")).isZero();

    assertThat(shell.out).isEqualTo("0\n1\n");
  }

  @Test
  void aClusterThatDoesNotServeInTimeIsUnavailable() {
    shell.lifecycle.states.add(WAITS);

    assertThat(shell.run("lifecycle", "--ready", "--timeout", "10ms"))
        .isEqualTo(ExitCode.UNAVAILABLE);

    assertThat(shell.err).contains("no node served within 10 ms");
  }

  @Test
  void nodesAreFollowedWhereTheMembersSayTheyAre() {
    shell.lifecycle.states.add(LEADS);

    assertThat(shell.run("lifecycle", "1", "3", "-n", "2")).isZero();

    assertThat(shell.followed).containsExactly("h:1", "h:3");
  }

  @Test
  void aNodeThatIsNotReachedHasTheNumberThatItWasAskedBy() {
    shell.lifecycle.states.add(UNKNOWN);

    shell.run("lifecycle", "3", "-n", "1");

    assertThat(shell.out.replaceAll("(?m)^\\S+Z  ", ""))
        .isEqualTo("unreachable node 3  -          term ?  no leader\n");
    assertThat(shell.run("lifecycle", "3", "--ready", "--timeout", "10ms")).isEqualTo(5);
    assertThat(shell.err).contains("none of the nodes [3] served within 10 ms");
  }

  @Test
  void aNodeThatIsNoMemberIsRefused() {
    assertThat(shell.run("lifecycle", "9")).isEqualTo(ExitCode.USAGE);

    assertThat(shell.err).contains("node 9 is no member").contains("dengine member list");
  }
}
