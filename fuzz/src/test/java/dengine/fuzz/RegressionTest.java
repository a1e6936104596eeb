package dengine.fuzz;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Each target with its seeds, with what once was too much for it (`src/test/resources/findings`),
/// and with some thousand random changes of these. The search proper is `fuzz/run`.
class RegressionTest {

  private static final int CHANGES = 2000;
  private static final Path FINDINGS = Path.of("src/test/resources/findings");

  static Stream<String> names() {
    return Targets.ALL.stream().map(Target::name);
  }

  @ParameterizedTest
  @MethodSource("names")
  void onlyTheDeclaredErrorComesOutAndNoInputCostsTooMuch(String name) throws Exception {
    // A thread of its own: the stack of the test's framework would be paid for by each exception.
    try (ExecutorService thread = Executors.newSingleThreadExecutor()) {
      assertThat(thread.submit(() -> inputsTried(name)).get()).isGreaterThan(CHANGES);
    }
  }

  private static int inputsTried(String name) throws IOException {
    Target target = Targets.named(name);
    Meter meter = new Meter();
    List<byte[]> inputs = new ArrayList<>(target.seeds());
    assertThat(inputs).isNotEmpty();
    inputs.add(new byte[0]);
    inputs.addAll(findings(name));

    for (byte[] input : inputs) {
      target.decode(input, meter);
    }
    for (byte[] input : target.large()) {
      target.decode(input, meter);
    }
    for (int seed = 0; seed < CHANGES; seed++) {
      byte[] input = changed(inputs.get(seed % inputs.size()), new Random(seed));
      try {
        target.decode(input, meter);
      } catch (RuntimeException | Error e) {
        throw new AssertionError("change " + seed + " of " + name, e);
      }
    }
    return inputs.size() + CHANGES;
  }

  @Test
  void theMeterNoticesWhatCostsTooMuch() {
    Meter meter = new Meter();
    List<byte[]> kept = new ArrayList<>();

    assertThatThrownBy(() -> meter.measure(100, 1000, () -> kept.add(new byte[4000])))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("100 bytes cost");
    meter.measure(1000, 1000, () -> kept.add(new byte[4000]));
  }

  private static List<byte[]> findings(String name) throws IOException {
    Path folder = FINDINGS.resolve(name);
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(folder)) {
      List<byte[]> all = new ArrayList<>();
      for (Path file : files.sorted().toList()) {
        all.add(Files.readAllBytes(file));
      }
      return all;
    }
  }

  /// Bytes changed, cut out, repeated or appended.
  private static byte[] changed(byte[] input, Random random) {
    byte[] bytes = input.clone();
    for (int i = random.nextInt(4); i >= 0; i--) {
      int at = bytes.length == 0 ? 0 : random.nextInt(bytes.length);
      switch (random.nextInt(5)) {
        case 0, 1 -> set(bytes, at, (byte) random.nextInt());
        case 2 -> set(bytes, at, (byte) (random.nextInt(3) - 1));
        case 3 -> bytes = Arrays.copyOf(bytes, at);
        default -> {
          byte[] longer = Arrays.copyOf(bytes, bytes.length + random.nextInt(40));
          System.arraycopy(
              bytes, at, longer, longer.length - (bytes.length - at), bytes.length - at);
          bytes = longer;
        }
      }
    }
    return bytes;
  }

  private static void set(byte[] bytes, int at, byte value) {
    if (at < bytes.length) {
      bytes[at] = value;
    }
  }
}
