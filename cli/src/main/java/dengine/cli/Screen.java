package dengine.cli;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/// Where something is shown again and again: a terminal, in which each picture takes the place of
/// the one before and `q` ends it; or a file or a pipe, which gets one after the other.
///
/// [#close] may be called by any thread, everything else by one.
final class Screen implements AutoCloseable {

  // A page of its own, which goes when it is left; no cursor; and what is too long for a line is
  // not seen, instead of pushing others down.
  private static final String ENTER = "\033[?1049h\033[?25l\033[?7l";
  private static final String LEAVE = "\033[?7h\033[?25h\033[?1049l";
  private static final String TOP_LEFT = "\033[H";
  private static final String TO_END_OF_LINE = "\033[K";
  private static final String TO_END_OF_PAGE = "\033[J";

  private final PrintStream out;
  private final boolean terminal;
  private final CountDownLatch left = new CountDownLatch(1);
  private final AtomicBoolean closed = new AtomicBoolean();

  /// How the terminal was set before; null if nothing was changed.
  private final @Nullable String setting;

  private boolean first = true;

  private Screen(PrintStream out, boolean terminal, @Nullable String setting) {
    this.out = out;
    this.terminal = terminal;
    this.setting = setting;
  }

  /// The terminal, if standard output is one: `bin/dengine` says so by its width.
  static Screen of(Surroundings surroundings) {
    if (surroundings.environment().getOrDefault("COLUMNS", "").isBlank()) {
      return plain(surroundings);
    }
    Screen screen = new Screen(surroundings.out(), true, withoutWaitingForEnter());
    screen.out.print(ENTER);
    Thread.ofPlatform()
        .daemon()
        .name("dengine-keys")
        .start(() -> screen.awaitQuit(surroundings.in()));
    return screen;
  }

  /// What follows each other.
  static Screen plain(Surroundings surroundings) {
    return new Screen(surroundings.out(), false, null);
  }

  /// Shows a text in place of the one before.
  ///
  /// @return whether anybody reads
  boolean show(String text) {
    StringBuilder page = new StringBuilder();
    if (terminal) {
      page.append(TOP_LEFT);
      text.lines().forEach(line -> page.append(line).append(TO_END_OF_LINE).append('\n'));
      page.append(TO_END_OF_PAGE);
    } else {
      page.append(first ? "" : "\n").append(text);
    }
    first = false;
    if (closed.get()) {
      return false;
    }
    out.print(page);
    return !out.checkError();
  }

  /// Writes a line.
  ///
  /// @return whether anybody reads
  boolean line(String text) {
    out.println(text);
    return !out.checkError();
  }

  /// Waits, and says whether somebody wants to end it meanwhile.
  boolean isLeft(Duration wait) {
    try {
      return left.await(wait.toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return true;
    }
  }

  private void awaitQuit(InputStream keys) {
    try {
      int key = keys.read();
      while (key >= 0) {
        if (key == 'q' || key == 'Q') {
          left.countDown();
          return;
        }
        key = keys.read();
      }
    } catch (IOException e) {
      // Nobody can press a key any more; Ctrl-C and --count are left.
      System.getLogger(Screen.class.getName())
          .log(System.Logger.Level.DEBUG, "event=keyboard-gone", e);
    }
  }

  /// Leaves the terminal as it was.
  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      if (setting != null) {
        var _ = stty(List.of(setting));
      }
      out.print(terminal ? LEAVE : "");
      out.flush();
    }
  }

  /// A key counts at once, and is not shown.
  @SuppressWarnings("SystemConsoleNull") // from 22 to 24 it is never null; in 25 it may be again
  private static @Nullable String withoutWaitingForEnter() {
    if (System.console() == null || !System.console().isTerminal()) {
      return null;
    }
    String before = stty(List.of("-g"));
    return before == null || stty(List.of("-icanon", "-echo")) == null ? null : before;
  }

  /// @return what it printed, or null if it could not be run or failed
  private static @Nullable String stty(List<String> arguments) {
    List<String> command = new ArrayList<>(List.of("stty"));
    command.addAll(arguments);
    try {
      Process process =
          new ProcessBuilder(command)
              .redirectInput(new File("/dev/tty"))
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      String printed =
          new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
      return process.waitFor() == 0 ? printed : null;
    } catch (IOException e) {
      return null; // then q needs Enter
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return null;
    }
  }
}
