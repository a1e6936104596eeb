package dengine.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/// The command as a process of its own, on this test's class path.
final class CommandProcess implements AutoCloseable {

  private static final Duration LONGEST = Duration.ofSeconds(60);
  private static final long SIGINT_BIT = 1L << 1;

  private final Process process;
  private final BlockingQueue<Optional<String>> output = new LinkedBlockingQueue<>();
  private final List<String> seen = new ArrayList<>();

  private CommandProcess(Process process) {
    this.process = process;
    Thread.ofVirtual().start(this::read);
  }

  // On a thread of its own: a wait for output that never comes must end.
  private void read() {
    try (BufferedReader reader = process.inputReader(StandardCharsets.UTF_8)) {
      String line;
      while ((line = reader.readLine()) != null) {
        output.add(Optional.of(line));
      }
    } catch (IOException e) {
      output.add(Optional.of("cannot be read: " + e));
    }
    output.add(Optional.empty());
  }

  /// @param scratch where temporary files and the user's state go
  static CommandProcess start(Path scratch, String... arguments) throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-Xmx256m",
                "-Djava.io.tmpdir=" + scratch,
                "-cp",
                System.getProperty("java.class.path"),
                "dengine.cli.Main"));
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("XDG_STATE_HOME", scratch.toString());
    builder.environment().put("DENGINE_COMMAND", "/opt/d engine/bin/dengine");
    return new CommandProcess(builder.start());
  }

  /// Waits until it has printed a line with this text, and returns that line.
  String awaitLine(String text) throws InterruptedException {
    Optional<String> line;
    while ((line = output.poll(LONGEST.toMillis(), TimeUnit.MILLISECONDS)) != null
        && line.isPresent()) {
      seen.add(line.get());
      if (line.get().contains(text)) {
        return line.get();
      }
    }
    throw new AssertionError("no line with \"" + text + "\" in:\n" + String.join("\n", seen));
  }

  /// Waits until it prints no more.
  void awaitEnd() throws InterruptedException {
    Optional<String> line;
    while ((line = output.poll(LONGEST.toMillis(), TimeUnit.MILLISECONDS)) != null) {
      if (line.isEmpty()) {
        return;
      }
      seen.add(line.get());
    }
    throw new AssertionError("still open:\n" + String.join("\n", seen));
  }

  /// Every line up to the last one waited for.
  List<String> seen() {
    return seen;
  }

  /// What Ctrl-C sends.
  void interrupt() throws IOException, InterruptedException {
    // A test run in the background of a shell inherits that Ctrl-C is ignored; then it is SIGTERM.
    String status = Files.readString(Path.of("/proc/" + process.pid() + "/status"));
    String ignored = status.replaceAll("(?s).*SigIgn:\\s*([0-9a-f]+).*", "$1");
    boolean deaf = (Long.parseUnsignedLong(ignored, 16) & SIGINT_BIT) != 0;
    signal(deaf ? "-TERM" : "-INT");
  }

  void signal(String signal) throws IOException, InterruptedException {
    new ProcessBuilder("kill", signal, String.valueOf(process.pid())).start().waitFor();
  }

  /// Waits until it has ended.
  int awaitExit() throws InterruptedException {
    if (!process.waitFor(LONGEST.toMillis(), TimeUnit.MILLISECONDS)) {
      throw new AssertionError("still running:\n" + String.join("\n", seen));
    }
    return process.exitValue();
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
