package dengine.bench;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// Collects what was measured and prints it as Markdown tables: ratios with their goals, and
/// absolute figures.
final class Report {

  private final String command;
  private final List<String> goals = new ArrayList<>();
  private final List<String> absolutes = new ArrayList<>();

  Report(String command) {
    this.command = command;
  }

  /// A goal that is met by being at least this much.
  ///
  /// @param goal its number and what is compared
  /// @param prototype what a bare prototype of the data path reached on such a machine
  void atLeast(
      String goal, Slots slots, String ours, String reference, double wanted, String prototype) {
    double ratio = slots.ratio(ours, reference);
    add(
        goal,
        number(ratio),
        ">= " + number(wanted),
        prototype,
        ratio >= wanted,
        rate(slots.median(ours)) + " / " + rate(slots.median(reference)));
  }

  /// The same for two figures that come from neighbouring minutes, not seconds.
  void atLeast(String goal, double ours, double reference, double wanted, String prototype) {
    double ratio = ours / reference;
    add(
        goal,
        number(ratio),
        ">= " + number(wanted),
        prototype,
        ratio >= wanted,
        rate(ours) + " / " + rate(reference));
  }

  /// A goal that is met by being at most this much.
  void atMost(String goal, double value, String unit, double wanted, String prototype, String how) {
    add(goal, number(value) + unit, "<= " + number(wanted) + unit, prototype, value <= wanted, how);
  }

  private void add(
      String goal, String value, String wanted, String prototype, boolean met, String both) {
    String line =
        "| %s | %s | %s | %s | %s | %s | %.1f |"
            .formatted(goal, value, wanted, met ? "met" : "**missed**", prototype, both, load());
    goals.add(line);
    System.out.println("  " + line);
  }

  /// Absolute figures of this machine, no part of any goal.
  void absolute(String what, Slots slots) {
    for (String side : slots.sides()) {
      absolute(what + ", " + side, rate(slots.median(side)) + "/s");
    }
  }

  void absolute(String what, String figure) {
    absolutes.add("| %s | %s | %.1f |".formatted(what, figure, load()));
  }

  /// Prints all of it, and writes it to a file if one is given.
  void finish(@Nullable Path file) throws IOException {
    List<String> lines = new ArrayList<>();
    lines.add("Command: `" + command + "`");
    lines.add("");
    lines.add("Machine: " + machine() + ". Load: the one-minute average when the row was made.");
    lines.add("");
    if (!goals.isEmpty()) {
      lines.add("| goal | measured | wanted | | prototype | ours / reference | load |");
      lines.add("|---|---|---|---|---|---|---|");
      lines.addAll(goals);
      lines.add("");
    }
    if (!absolutes.isEmpty()) {
      lines.add("| absolute figures of this machine | median | load |");
      lines.add("|---|---|---|");
      lines.addAll(absolutes);
      lines.add("");
    }
    System.out.println();
    lines.forEach(System.out::println);
    if (file != null) {
      Files.write(file, lines);
    }
  }

  private static String machine() {
    Runtime runtime = Runtime.getRuntime();
    return "%d processors, %s %s, %s %s"
        .formatted(
            runtime.availableProcessors(),
            System.getProperty("os.name"),
            System.getProperty("os.version"),
            System.getProperty("java.vendor"),
            Runtime.version());
  }

  static double load() {
    return ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage();
  }

  /// A rate with three digits or so: `1.23 M`, `45.6 K`, `789`.
  static String rate(double perSecond) {
    if (perSecond >= 1e6) {
      return String.format(Locale.ROOT, "%.2f M", perSecond / 1e6);
    }
    return perSecond >= 1e3
        ? String.format(Locale.ROOT, "%.1f K", perSecond / 1e3)
        : String.format(Locale.ROOT, "%.0f", perSecond);
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, value >= 20 ? "%.0f" : "%.2f", value);
  }
}
