package dengine.testkit.process;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/// `strace`, attached to a running server and changing some of its system calls, until it is closed
/// or the server ends. The other calls work, but slower.
public final class Injection implements AutoCloseable {

  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private final Process tracer;
  private final Path log;

  private Injection(Process tracer, Path log) {
    this.tracer = tracer;
    this.log = log;
  }

  /// @param log where the calls go that are looked at
  static Injection into(long pid, SyscallFault fault, Path log) throws IOException {
    Process tracer =
        new ProcessBuilder(
                "strace",
                "--follow-forks",
                "--quiet=all",
                "--output=" + log,
                "--trace=" + fault.calls(),
                "--inject=" + fault.calls() + ":" + fault.action() + ":when=" + fault.when(),
                "--attach=" + pid)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(Path.of(log + ".err").toFile()))
            .start();
    return new Injection(tracer, log);
  }

  /// Why calls of a process that was started by this one cannot be changed, if so.
  public static Optional<String> whyNot() throws IOException, InterruptedException {
    Process patient = new ProcessBuilder("sleep", "30").start();
    Path log = Files.createTempFile("strace", ".log");
    try (Injection trial =
        into(patient.pid(), new SyscallFault("fdatasync", "error=EIO", "1"), log)) {
      boolean refused = trial.tracer.waitFor(1, TimeUnit.SECONDS);
      return refused ? Optional.of("strace cannot attach to a process") : Optional.empty();
    } catch (IOException absent) {
      return Optional.of("no strace on the path");
    } finally {
      patient.destroyForcibly();
      Files.delete(log);
      Files.deleteIfExists(Path.of(log + ".err"));
    }
  }

  /// How many calls were changed so far.
  public long changed() throws IOException {
    return changed(log);
  }

  /// @param log what strace has written; not there before it has begun
  static long changed(Path log) throws IOException {
    if (Files.notExists(log)) {
      return 0;
    }
    try (Stream<String> lines = Files.lines(log)) {
      return lines
          .filter(line -> line.contains("(INJECTED)") || line.contains("(DELAYED)"))
          .count();
    }
  }

  /// Lets the server have its calls unchanged again.
  @Override
  public void close() {
    tracer.destroy();
    try {
      if (!tracer.waitFor(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
        tracer.destroyForcibly();
        throw new IllegalStateException("strace did not end within " + PATIENCE);
      }
    } catch (InterruptedException e) {
      tracer.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
