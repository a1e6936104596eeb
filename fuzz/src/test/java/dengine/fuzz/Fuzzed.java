package dengine.fuzz;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// What the fuzzer calls: the target that `dengine.fuzz.target` names.
public final class Fuzzed {

  /// The agent allocates when strings are compared, a kilobyte and more for a byte of input. In the
  /// build, which tries again what was found, there is none, and [Meter] is exact.
  private static final int AGENT_BYTES = 4 << 20;

  private static final Target TARGET = Targets.named(System.getProperty("dengine.fuzz.target", ""));
  private static final Meter METER = new Meter(AGENT_BYTES);

  private Fuzzed() {}

  /// One input.
  public static void fuzzerTestOneInput(byte[] input) {
    TARGET.decode(input, METER);
  }

  /// Prints the names of all targets, or writes the seeds of one into a folder.
  public static final class SeedsMain {
    private SeedsMain() {}

    /// Does the one or the other.
    ///
    /// @param arguments none, or a target's name and a folder that exists
    public static void main(String[] arguments) throws IOException {
      if (arguments.length == 0) {
        Targets.ALL.forEach(target -> System.out.println(target.name()));
        return;
      }
      List<byte[]> seeds = Targets.named(arguments[0]).seeds();
      for (int i = 0; i < seeds.size(); i++) {
        Files.write(Path.of(arguments[1], "seed-" + i), seeds.get(i));
      }
    }
  }
}
