package dengine.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dengine.api.ClusterUnavailableException;
import dengine.api.EngineStoppedException;
import dengine.api.InvalidRequestException;
import dengine.api.NotLeaderException;
import dengine.api.OutcomeUnknownException;
import dengine.api.RateLimitedException;
import dengine.engine.spi.StorageException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/// What people see when something goes wrong: one line, and an exit code that says what to
/// conclude.
final class FailuresTest {

  private final Shell shell = new Shell();

  @Test
  void aRefusedRequestIsThree() {
    shell.store.failure = new InvalidRequestException("key bytes", 0, "1 to 4096");
    assertThat(shell.run("put", "", "v")).isEqualTo(3);
    assertThat(shell.err).isEqualTo("dengine: refused: key bytes = 0, permitted: 1 to 4096\n");

    shell.store.failure = new RateLimitedException("too much", Duration.ofMillis(20));
    assertThat(shell.run("put", "k", "v")).isEqualTo(3);
    assertThat(shell.err).isEqualTo("dengine: refused: too much; try again in 20 ms\n");
  }

  @Test
  void anUnknownOutcomeIsFourAndSaysNotToRepeatBlindly() {
    shell.store.failure = new OutcomeUnknownException("no answer within 5 s");
    assertThat(shell.run("put", "k", "v")).isEqualTo(4);
    assertThat(shell.err)
        .isEqualTo(
            "dengine: outcome unknown: no answer within 5 s; it may or may not take effect:"
                + " look before you repeat it\n");
  }

  @Test
  void aClusterThatDoesNotAnswerIsFiveAndSaysWhereItWasLookedFor() {
    shell.store.failure = new ClusterUnavailableException("no node answered");
    assertThat(shell.run("get", "k", "-e", "a:1,b:2")).isEqualTo(5);
    assertThat(shell.err)
        .isEqualTo(
            "dengine: no node answered; asked at a:1,b:2 (--endpoints): check with 'dengine"
                + " status'\n");

    shell.run("get", "k");
    assertThat(shell.err).endsWith("or start a cluster with 'dengine dev'\n");

    shell.store.failure = new NotLeaderException(0, "");
    assertThat(shell.run("delete", "k")).isEqualTo(5);
  }

  @Test
  void aDefectIsSeventyAndItsTraceIsShownOnlyWhenAskedFor() {
    shell.store.failure = new IllegalStateException("boom");

    assertThat(shell.run("get", "k")).isEqualTo(70);
    assertThat(shell.err).hasLineCount(1).contains("boom");

    assertThat(shell.run("get", "k", "-v")).isEqualTo(70);
    assertThat(shell.err).contains("\tat dengine.cli.");

    shell.environment.put("DENGINE_DEBUG", "1");
    shell.run("get", "k");
    assertThat(shell.err).contains("\tat dengine.cli.");
  }

  @Test
  void aNodeThatStoppedItselfIsSeventyFour() {
    Failure failure =
        Failure.of(new EngineStoppedException("node 1 stopped: disk gone", new IOException()));

    assertThat(failure).isEqualTo(new Failure(74, "node 1 stopped: disk gone"));
  }

  @Test
  void whatAFileSystemRefusesIsSaidInWords() {
    IOException missing = new NoSuchFileException("/data/x");

    assertThat(Failure.of(missing).message())
        .isEqualTo("/data/x: there is no such file or directory: check the path");
    assertThat(Failure.of(new UncheckedIOException(missing)))
        .isEqualTo(new Failure(74, "/data/x: there is no such file or directory: check the path"));
    assertThat(Failure.of(new UncheckedIOException("cannot write y", missing)).message())
        .isEqualTo("cannot write y");
    assertThat(Failure.of(new AccessDeniedException("/data/x")).message())
        .isEqualTo("/data/x: no permission: check owner and mode");
    assertThat(Failure.of(new IOException("Stream closed")).message()).isEqualTo("Stream closed");
  }

  @Test
  void aNodeWhoseStateAndLogContradictEachOtherIsSeventyFour() {
    Failure failure = Failure.of(new StorageException.Inconsistent("move the directory away"));

    assertThat(failure).isEqualTo(new Failure(74, "move the directory away"));
  }

  @Test
  void commandLinesThatMakeNoSenseAreTwo() {
    assertThat(shell.run()).isEqualTo(2);
    assertThat(shell.err).contains("Commands:");

    assertThat(shell.run("puts", "a", "b")).isEqualTo(2);
    assertThat(shell.err).contains("did you mean put?").contains("Try 'dengine --help'.");

    assertThat(shell.run("put", "a")).isEqualTo(2);
    assertThat(shell.err).contains("VALUE").contains("Try 'dengine put --help'.");

    assertThat(shell.run("get", "k", "--policy", "fresh")).isEqualTo(2);
    assertThat(shell.err).contains("--policy");

    assertThat(shell.run("get", "k", "--timeout", "soon")).isEqualTo(2);
    assertThat(shell.err).startsWith("dengine: --timeout soon: not a number with a unit");

    assertThat(shell.run("get", "k", "-e", "nowhere")).isEqualTo(2);
    assertThat(shell.err)
        .isEqualTo("dengine: endpoint \"nowhere\" is not host:port: the port is missing\n");

    assertThat(shell.run("scan", "--limit", "0")).isEqualTo(3);
    assertThat(shell.err).isEqualTo("dengine: refused: limit = 0, permitted: 1 to 10000\n");
  }

  @Test
  void everyCommandExplainsItself() {
    for (String command :
        new String[] {"put", "get", "delete", "cas", "scan", "status", "doctor", "config"}) {
      assertThat(shell.run(command, "--help")).isZero();
      assertThat(shell.out).startsWith("Usage: dengine " + command).contains("Options:");
    }
    assertThat(shell.run("--version")).isZero();
    assertThat(shell.out).startsWith("dengine ").contains("Java 25");
    assertThat(shell.run("version")).isZero();
    assertThat(shell.out).startsWith("dengine ").contains("Java 25");
    assertThat(shell.run("generate-completion")).isZero();
    assertThat(shell.out).contains("complete").contains("scan");
  }
}
