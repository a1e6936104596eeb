package dengine.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// The first minute of a newcomer, with real processes.
@Timeout(value = 240, unit = TimeUnit.SECONDS)
final class DevTest {

  private static final Pattern NODE =
      Pattern.compile(
          "([1-9]) +(127\\.0\\.0\\.1:\\d+) +(\\d+) +(http://127\\.0\\.0\\.1:\\d+/metrics)");

  private static final String SETTING = "raft.read_consistency.clock_drift_bound=0.04";

  @TempDir Path scratch;
  private String out = "";

  @Test
  void aClusterSurvivesItsLeaderAndLeavesNothingBehind() throws Exception {
    try (CommandProcess dev = CommandProcess.start(scratch, "dev", "--set", SETTING)) {
      dev.awaitLine("Ctrl-C stops the cluster");
      Map<String, Long> nodes = nodes(dev.seen());
      assertThat(nodes).hasSize(3);
      for (URI metrics : metrics(dev.seen())) {
        assertThat(page(metrics)).contains("dengine_raft_term");
      }

      assertThat(run("put", "greeting", "hello")).isZero();
      assertThat(run("get", "greeting")).isZero();
      assertThat(out).isEqualTo("hello\n");
      assertThat(run("status", "-o", "value")).isZero();
      long leader = nodes.get(out.strip());

      ProcessHandle.of(leader).orElseThrow().destroyForcibly();
      assertThat(dev.awaitLine("ended with exit code"))
          .contains("start it again with: '/opt/d engine/bin/dengine' server --config ")
          .endsWith("/dengine.toml --set " + SETTING);
      assertThat(run("put", "greeting", "still here", "--timeout", "30s")).isZero();
      assertThat(run("scan", "-o", "value", "--timeout", "30s")).isZero();
      assertThat(out).isEqualTo("still here\n");
      run("status");
      assertThat(out).contains("unreachable (");

      dev.interrupt();
      assertThat(dev.awaitExit()).isZero();
      for (long node : nodes.values()) {
        assertThat(ProcessHandle.of(node).map(ProcessHandle::isAlive).orElse(false)).isFalse();
      }
      assertThat(remains()).isEmpty();
      assertThat(run("get", "greeting", "-e", String.join(",", nodes.keySet()), "-t", "500ms"))
          .isEqualTo(ExitCode.UNAVAILABLE);
    }
  }

  @Test
  void aKeptFolderGoesOnWhereItStoppedAndNodesDieWithTheirParent() throws Exception {
    Path kept = scratch.resolve("kept");
    String[] command = {"dev", "--nodes", "1", "--dir", kept.toString()};
    Map<String, Long> first;
    try (CommandProcess dev = CommandProcess.start(scratch, command)) {
      dev.awaitLine("Ctrl-C stops the cluster");
      first = nodes(dev.seen());
      assertThat(run("put", "greeting", "hello")).isZero();
      dev.interrupt();
      assertThat(dev.awaitExit()).isZero();
    }

    try (CommandProcess dev = CommandProcess.start(scratch, "dev", "-d", kept.toString())) {
      dev.awaitLine("Ctrl-C stops the cluster");
      Map<String, Long> second = nodes(dev.seen());
      assertThat(second.keySet()).isEqualTo(first.keySet());
      assertThat(run("get", "greeting")).isZero();

      ProcessHandle node = ProcessHandle.of(second.values().iterator().next()).orElseThrow();
      dev.signal("-KILL");
      node.onExit().get(60, TimeUnit.SECONDS);
    }

    try (CommandProcess dev =
        CommandProcess.start(scratch, "dev", "-d", kept.toString(), "-n", "3")) {
      assertThat(dev.awaitLine("holds a cluster of 1 nodes")).contains("leave --nodes out");
      assertThat(dev.awaitExit()).isEqualTo(ExitCode.USAGE);
    }
  }

  @Test
  void aServerLogsOneLinePerEventAndEndsWithZeroWhenAsked() throws Exception {
    Path data = scratch.resolve("data");
    try (CommandProcess server =
        CommandProcess.start(
            scratch, "server", "--dir", data.toString(), "--listen", "127.0.0.1:0")) {
      String started = server.awaitLine("event=started");
      assertThat(started).matches("ts=\\S+Z level=INFO thread=main logger=StandaloneEngine .*");
      server.awaitLine("event=leader node=1 leader=1");

      try (CommandProcess other =
          CommandProcess.start(
              scratch, "server", "--dir", data.toString(), "--listen", "127.0.0.1:0")) {
        assertThat(other.awaitLine("dengine: ")).contains("is in use by another engine");
        assertThat(other.awaitExit()).isEqualTo(ExitCode.NODE_STOPPED);
      }

      server.signal("-TERM");
      assertThat(server.awaitExit()).isZero();
      server.awaitEnd();
      assertThat(server.seen().getLast())
          .matches("ts=\\S+Z level=INFO thread=\\S+ logger=StandaloneEngine event=stopped node=1");
    }
  }

  /// Nothing is wrong when nodes start one after the other, when one joins, or when they stop.
  @Test
  void aClusterThatStartsGrowsAndStopsWarnsOfNothingAndSaysThatItStopped() throws Exception {
    Path kept = scratch.resolve("kept");
    String[] joins = {"server", "--dir", scratch.resolve("joins").toString(), "--node-id", "4"};
    try (CommandProcess dev = CommandProcess.start(scratch, "dev", "--dir", kept.toString())) {
      dev.awaitLine("Ctrl-C stops the cluster");
      String seed = nodes(dev.seen()).keySet().iterator().next();

      try (CommandProcess fourth =
          CommandProcess.start(
              scratch,
              with(joins, "--listen", Shell.freeAddress(), "--set", "cluster.join=" + seed))) {
        fourth.awaitLine("event=leader node=4 leader=");
        fourth.signal("-TERM");
        assertThat(fourth.awaitExit()).isZero();
        fourth.awaitEnd();
        assertThat(fourth.seen())
            .noneMatch(DevTest::isWarning)
            .last()
            .asString()
            .endsWith(" event=stopped node=4");
      }
      dev.interrupt();
      assertThat(dev.awaitExit()).isZero();
    }

    for (int id = 1; id <= 3; id++) {
      assertThat(Files.readAllLines(kept.resolve("node-" + id).resolve("node.log")))
          .noneMatch(DevTest::isWarning)
          .last()
          .asString()
          .endsWith(" event=stopped node=" + id);
    }
  }

  /// But for what a machine makes that stands still for seconds, as those that run tests may.
  private static boolean isWarning(String line) {
    return line.contains("level=WARN")
        && !line.contains("no sign of life")
        && !line.contains("event=no-leader");
  }

  private static String[] with(String[] arguments, String... more) {
    return Stream.concat(Stream.of(arguments), Stream.of(more)).toArray(String[]::new);
  }

  private int run(String... arguments) {
    ByteArrayOutputStream stdout = new ByteArrayOutputStream();
    int code =
        Cli.run(
            new Surroundings(
                InputStream.nullInputStream(),
                new PrintStream(stdout, true, StandardCharsets.UTF_8),
                System.err,
                Map.of("XDG_STATE_HOME", scratch.toString()),
                new GrpcConnector()),
            arguments);
    out = stdout.toString(StandardCharsets.UTF_8);
    return code;
  }

  private static List<URI> metrics(List<String> lines) {
    return lines.stream()
        .map(NODE::matcher)
        .filter(Matcher::matches)
        .map(node -> URI.create(node.group(4)))
        .toList();
  }

  private static String page(URI where) throws IOException, InterruptedException {
    try (HttpClient http = HttpClient.newHttpClient()) {
      return http.send(HttpRequest.newBuilder(where).build(), HttpResponse.BodyHandlers.ofString())
          .body();
    }
  }

  private static Map<String, Long> nodes(List<String> lines) {
    Map<String, Long> nodes = new TreeMap<>();
    for (String line : lines) {
      Matcher node = NODE.matcher(line);
      if (node.matches()) {
        nodes.put(node.group(2), Long.valueOf(node.group(3)));
      }
    }
    return nodes;
  }

  private List<Path> remains() throws IOException {
    try (Stream<Path> files = Files.walk(scratch)) {
      return files
          .filter(Files::isRegularFile)
          .filter(file -> !file.getFileName().toString().startsWith("hsperf"))
          .toList();
    }
  }
}
