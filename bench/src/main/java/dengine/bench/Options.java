package dengine.bench;

import dengine.raft.RaftOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;

/// How a benchmark is run.
///
/// @param slots measured slots of each side, at least 1; the recorded figures have 5 or more
/// @param slot length of one slot
/// @param warmUp how long each side runs before the first slot
/// @param dir where data directories are made and removed again: the disk that is measured
/// @param inJvm whether followers run in this process instead of one of their own
/// @param keys number of different keys that are written
/// @param election the clusters' election timeout; the default is the engine's, a longer one
///     keeps a leader on a machine that is busy with something else
record Options(
    int slots,
    Duration slot,
    Duration warmUp,
    Path dir,
    boolean inJvm,
    int keys,
    Duration election) {

  static final Options DEFAULT =
      new Options(
          5,
          Duration.ofSeconds(1),
          Duration.ofSeconds(2),
          Path.of(System.getProperty("java.io.tmpdir")),
          false,
          100_000,
          RaftOptions.DEFAULT.electionTimeout());

  /// What the command line says: `--slots N --slot-seconds S --warm-up-seconds S --dir PATH
  /// --keys N --election-seconds S --in-jvm`.
  static Options parse(List<String> arguments) {
    Options options = DEFAULT;
    Iterator<String> rest = arguments.iterator();
    while (rest.hasNext()) {
      String name = rest.next();
      if (name.equals("--in-jvm")) {
        options = options.inThisJvm();
      } else if (rest.hasNext()) {
        options = options.with(name, rest.next());
      } else {
        throw new IllegalArgumentException(name + " needs a value");
      }
    }
    return options;
  }

  private Options inThisJvm() {
    return new Options(slots, slot, warmUp, dir, true, keys, election);
  }

  private Options with(String name, String value) {
    return switch (name) {
      case "--slots" ->
          new Options(Integer.parseInt(value), slot, warmUp, dir, inJvm, keys, election);
      case "--slot-seconds" ->
          new Options(slots, seconds(value), warmUp, dir, inJvm, keys, election);
      case "--warm-up-seconds" ->
          new Options(slots, slot, seconds(value), dir, inJvm, keys, election);
      case "--dir" -> new Options(slots, slot, warmUp, existing(value), inJvm, keys, election);
      case "--keys" ->
          new Options(slots, slot, warmUp, dir, inJvm, Integer.parseInt(value), election);
      case "--election-seconds" ->
          new Options(slots, slot, warmUp, dir, inJvm, keys, seconds(value));
      default -> throw new IllegalArgumentException("unknown option " + name);
    };
  }

  private static Duration seconds(String value) {
    return Duration.ofMillis(Math.round(Double.parseDouble(value) * 1000));
  }

  private static Path existing(String value) {
    Path dir = Path.of(value);
    if (!Files.isDirectory(dir)) {
      throw new IllegalArgumentException("--dir " + value + " is not a directory");
    }
    return dir;
  }
}
