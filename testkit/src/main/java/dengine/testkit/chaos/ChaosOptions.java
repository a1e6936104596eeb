package dengine.testkit.chaos;

import java.time.Duration;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/// How a chaos run goes, and what it must have done to count.
///
/// @param seconds how long faults and clients go on
/// @param maxSeconds how long they may go on to reach the least numbers of kills and operations
/// @param clients how many clients act at the same time
/// @param connections how many connections they share
/// @param seed of everything random; the timing of processes is not reproducible, the choices are
/// @param minKills fewer kills are a failure
/// @param minOperations fewer checked operations are a failure
/// @param minEvents fewer changes told by watches are a failure
/// @param minTurns less often than this what a [Manner] of watching is there for is a failure
/// @param maxOperations clients remember so many together, and wait before there are more than the
///     time allows; each takes some 500 bytes
/// @param maxEvents those who watch remember so many together, and stop then; clients wait before
///     there are more than the time allows; each takes some 600 bytes with what it is judged by
/// @param keys how many keys the clients work on at a time
/// @param epoch how long they stay with them
/// @param pauseMicros how long each client waits after an answer
/// @param lie what the clients' stores or watches pretend, to see that it is noticed
record ChaosOptions(
    int seconds,
    int maxSeconds,
    int clients,
    int connections,
    long seed,
    int minKills,
    int minOperations,
    int minEvents,
    int minTurns,
    int maxOperations,
    int maxEvents,
    int keys,
    Duration epoch,
    int pauseMicros,
    Lie lie) {

  /// A planted fault.
  enum Lie {
    NONE,
    /// Reads answer with what they found the first time.
    STALE_READ,
    /// A write is acknowledged and not carried out.
    LOST_WRITE,
    /// A write is carried out, and again later.
    DOUBLE_WRITE,
    /// Watches leave changes out.
    LOST_EVENT,
    /// Watches tell changes twice.
    REPEATED_EVENT,
    /// A watch that was not read fast enough ends and does not say so.
    HIDDEN_OVERFLOW;

    boolean ofWatches() {
      return this == LOST_EVENT || this == REPEATED_EVENT || this == HIDDEN_OVERFLOW;
    }
  }

  static final ChaosOptions DEFAULT =
      new ChaosOptions(
          60,
          240,
          12,
          6,
          System.nanoTime(),
          10,
          10_000,
          1_000,
          2,
          400_000,
          600_000,
          16,
          Duration.ofSeconds(3),
          0,
          Lie.NONE);

  /// What is remembered of a run grows with its length up to here, some 3 GB; longer ones are
  /// slower.
  private static final int MOST_MINUTES = 5;

  private static final Set<String> NAMES =
      Set.of(
          "seconds",
          "max-seconds",
          "clients",
          "connections",
          "seed",
          "min-kills",
          "min-ops",
          "min-events",
          "min-turns",
          "max-ops",
          "max-events",
          "keys",
          "epoch-ms",
          "pause-us",
          "lie");

  static String usage() {
    return "--seconds N  --max-seconds N  --clients N  --connections N  --seed N  --min-kills N "
        + " --min-ops N  --min-events N  --min-turns N  --max-ops N  --max-events N  --keys N "
        + " --epoch-ms N  --pause-us N  --lie none|stale_read|lost_write|double_write"
        + "|lost_event|repeated_event|hidden_overflow";
  }

  ChaosOptions {
    if (seconds < 1 || clients < 1 || keys < 1 || connections < 1 || connections > clients) {
      throw new IllegalArgumentException(
          "seconds, clients and keys must be positive, connections at most clients: " + usage());
    }
    requireMost("events", maxEvents, minEvents);
    requireMost("ops", maxOperations, minOperations);
  }

  /// Clients do not use all of what may be remembered.
  private static void requireMost(String what, int most, int least) {
    if (most / 2 < least) {
      throw new IllegalArgumentException(
          "max-%s = %d, permitted: >= twice min-%s = %d: %s"
              .formatted(what, most, what, least, usage()));
    }
  }

  /// Reads flags; what is not given has its default.
  static ChaosOptions parse(String[] arguments) {
    Map<String, String> given = flags(arguments, NAMES, usage());
    int seconds = number(given, "seconds", DEFAULT.seconds);
    int minutes = Math.clamp(seconds / DEFAULT.seconds, 1, MOST_MINUTES);
    return new ChaosOptions(
        seconds,
        number(given, "max-seconds", Math.clamp(4L * seconds, 1, Integer.MAX_VALUE)),
        number(given, "clients", DEFAULT.clients),
        number(given, "connections", DEFAULT.connections),
        Long.parseLong(given.getOrDefault("seed", "" + DEFAULT.seed)),
        number(given, "min-kills", DEFAULT.minKills),
        number(given, "min-ops", DEFAULT.minOperations),
        number(given, "min-events", DEFAULT.minEvents),
        number(given, "min-turns", DEFAULT.minTurns),
        number(given, "max-ops", minutes * DEFAULT.maxOperations),
        number(given, "max-events", minutes * DEFAULT.maxEvents),
        number(given, "keys", DEFAULT.keys),
        Duration.ofMillis(number(given, "epoch-ms", (int) DEFAULT.epoch.toMillis())),
        number(given, "pause-us", DEFAULT.pauseMicros),
        Lie.valueOf(given.getOrDefault("lie", "none").toUpperCase(Locale.ROOT)));
  }

  /// Flags of the form `--name value`.
  static Map<String, String> flags(String[] arguments, Set<String> names, String usage) {
    Map<String, String> given = new HashMap<>();
    for (int i = 0; i < arguments.length; i += 2) {
      String name = arguments[i].startsWith("--") ? arguments[i].substring(2) : "";
      if (!names.contains(name) || i + 1 == arguments.length) {
        throw new IllegalArgumentException("cannot read " + arguments[i] + "; usage: " + usage);
      }
      given.put(name, arguments[i + 1]);
    }
    return given;
  }

  static int number(Map<String, String> given, String name, int otherwise) {
    String text = given.get(name);
    return text == null ? otherwise : Integer.parseInt(text);
  }

  ChaosOptions withSeconds(int other) {
    return new ChaosOptions(
        other,
        4 * other,
        clients,
        connections,
        seed,
        minKills,
        minOperations,
        minEvents,
        minTurns,
        maxOperations,
        maxEvents,
        keys,
        epoch,
        pauseMicros,
        lie);
  }

  ChaosOptions withMinimum(int kills, int operations, int events, int turns) {
    return new ChaosOptions(
        seconds,
        maxSeconds,
        clients,
        connections,
        seed,
        kills,
        operations,
        events,
        turns,
        maxOperations,
        maxEvents,
        keys,
        epoch,
        pauseMicros,
        lie);
  }

  ChaosOptions withLie(Lie other) {
    return new ChaosOptions(
        seconds,
        maxSeconds,
        clients,
        connections,
        seed,
        minKills,
        minOperations,
        minEvents,
        minTurns,
        maxOperations,
        maxEvents,
        keys,
        epoch,
        pauseMicros,
        other);
  }
}
