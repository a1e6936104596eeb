package dengine.testkit.process;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// One server, started, killed and started again on the same data. For any number of threads.
final class ServerProcess {

  private static final Duration STOP_PATIENCE = Duration.ofSeconds(20);
  private static final int LAST_WORDS = 15;

  private final int id;
  private final InetSocketAddress address;
  private final List<String> command;
  private final Map<String, String> environment;
  private final Path log;
  private volatile @Nullable Process process;
  private boolean wasKilled;

  /// @param log where everything goes that the process prints, over all its starts
  ServerProcess(
      int id,
      InetSocketAddress address,
      List<String> command,
      Map<String, String> environment,
      Path log) {
    this.id = id;
    this.address = address;
    this.command = List.copyOf(command);
    this.environment = Map.copyOf(environment);
    this.log = log;
  }

  /// Its number.
  int id() {
    return id;
  }

  /// Where it listens.
  InetSocketAddress address() {
    return address;
  }

  synchronized boolean isRunning() {
    return process != null && process.isAlive();
  }

  /// Starts it unless it runs.
  synchronized void start() {
    if (isRunning()) {
      return;
    }
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().putAll(environment);
    builder
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
    wasKilled = false;
    try {
      process = builder.start();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot start node " + id + " by " + command, e);
    }
  }

  /// Ends it at once, as `kill -9` does.
  ///
  /// @return whether it was running
  synchronized boolean kill() {
    Process victim = process;
    if (victim == null || !victim.isAlive()) {
      return false;
    }
    wasKilled = true;
    victim.destroyForcibly();
    await(victim);
    return true;
  }

  /// Asks it to end and waits until it has.
  ///
  /// @return its exit code
  synchronized int stop() {
    Process present = process;
    if (present == null) {
      return 0;
    }
    wasKilled = true;
    signal("CONT");
    present.destroy();
    return await(present);
  }

  /// Freezes it.
  synchronized void pause() {
    signal("STOP");
  }

  /// Lets it go on.
  synchronized void resume() {
    signal("CONT");
  }

  /// The exit code of a process that ended although nobody ended it.
  synchronized OptionalInt diedWith() {
    Process present = process;
    return present == null || present.isAlive() || wasKilled
        ? OptionalInt.empty()
        : OptionalInt.of(present.exitValue());
  }

  /// From now on every write of it to a file beyond this many bytes fails, as by a broken disk; a
  /// process that is started again is free of it. Linux, with `prlimit` of util-linux.
  synchronized void failWritesBeyond(long bytes) {
    tell("prlimit", "--fsize=" + bytes, "--pid");
  }

  /// Has the kernel change system calls of it, with `strace`.
  synchronized Injection inject(SyscallFault fault, Path log) throws IOException {
    return Injection.into(pid(), fault, log);
  }

  /// The id of the process, which must live.
  synchronized long pid() {
    Process present = process;
    if (present == null || !present.isAlive()) {
      throw new IllegalStateException("node " + id + " does not run");
    }
    return present.pid();
  }

  /// Waits until each thread of a process that is being frozen either has stopped or is inside a
  /// system call from which it will not come back to code of its own. Linux.
  void awaitFrozen(Duration patience) throws IOException, InterruptedException {
    Path threads = Path.of("/proc", Long.toString(pid()), "task");
    long end = System.nanoTime() + patience.toNanos();
    while (!isFrozen(threads)) {
      if (System.nanoTime() > end) {
        throw new IllegalStateException("node " + id + " did not freeze within " + patience);
      }
      TimeUnit.MILLISECONDS.sleep(1);
    }
  }

  /// What its threads do right now, and the end of what it printed: for whoever has to find out why
  /// it does not do what it should. Linux; elsewhere only what it printed.
  String symptoms() {
    StringBuilder text = new StringBuilder("node " + id);
    Process present = process;
    if (present == null || !present.isAlive()) {
      text.append(" does not run");
    } else {
      text.append(" is process ").append(present.pid());
      appendThreads(Path.of("/proc", Long.toString(present.pid()), "task"), text);
    }
    try {
      List<String> lines = Files.readAllLines(log);
      text.append("\nits last words, in ").append(log).append(':');
      lines
          .subList(Math.max(0, lines.size() - LAST_WORDS), lines.size())
          .forEach(line -> text.append("\n  ").append(line));
    } catch (IOException unreadable) {
      text.append("\nno last words: ").append(unreadable);
    }
    return text.toString();
  }

  private static void appendThreads(Path threads, StringBuilder text) {
    try (Stream<Path> all = Files.list(threads)) {
      for (Path thread : all.sorted().toList()) {
        String stat = Files.readString(thread.resolve("stat"));
        String name = Files.readString(thread.resolve("comm")).strip();
        String waitsIn = Files.readString(thread.resolve("wchan")).strip();
        char state = stat.charAt(stat.lastIndexOf(')') + 2);
        text.append("\n  %s %-16s %s".formatted(state, name, waitsIn));
      }
    } catch (IOException ended) {
      text.append("\n  (its threads cannot be seen: ").append(ended).append(')');
    }
  }

  private static boolean isFrozen(Path threads) throws IOException {
    try (Stream<Path> all = Files.list(threads)) {
      for (Path thread : all.toList()) {
        String stat = Files.readString(thread.resolve("stat"));
        // Behind the name, which is in parentheses and may contain any character.
        char state = stat.charAt(stat.lastIndexOf(')') + 2);
        if (state != 'T' && state != 'D') {
          return false;
        }
      }
      return true;
    } catch (NoSuchFileException threadEnded) {
      return false;
    }
  }

  /// Waits until it ends by itself.
  ///
  /// @return its exit code
  int awaitEnd(Duration patience) throws InterruptedException {
    Process present = process;
    if (present == null) {
      throw new IllegalStateException("node " + id + " was not started");
    }
    if (!present.waitFor(patience.toMillis(), TimeUnit.MILLISECONDS)) {
      throw new IllegalStateException("node " + id + " did not end within " + patience);
    }
    return present.exitValue();
  }

  private void signal(String name) {
    tell("kill", "-" + name);
  }

  /// Runs a command with the process id as its last argument.
  private void tell(String... command) {
    Process present = process;
    if (present == null || !present.isAlive()) {
      return;
    }
    // By its id: a Process is held, so the id cannot have been given to another one.
    List<String> words = new ArrayList<>(List.of(command));
    words.add(Long.toString(present.pid()));
    try {
      int code = new ProcessBuilder(words).inheritIO().start().waitFor();
      if (code != 0 && present.isAlive()) {
        throw new IllegalStateException(words + " ended with " + code);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot run " + words + " for node " + id, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private int await(Process ending) {
    try {
      if (!ending.waitFor(STOP_PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
        ending.destroyForcibly();
        throw new IllegalStateException(
            "node " + id + " did not end within " + STOP_PATIENCE + "; " + symptoms());
      }
      return ending.exitValue();
    } catch (InterruptedException e) {
      ending.destroyForcibly();
      Thread.currentThread().interrupt();
      return -1;
    }
  }
}
