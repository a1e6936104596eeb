package dengine.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// Runs programs as their readers would, each in a process of its own.
public final class Programs {

  /// As `examples/run` has it.
  private static final Path LOGGING = Path.of("logging.properties");

  private Programs() {}

  /// Runs a program to its end, which must be a good one.
  ///
  /// @param folder working directory
  /// @return what it printed
  public static String run(Path folder, String program, List<String> arguments)
      throws IOException, InterruptedException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-XX:TieredStopAtLevel=1",
                "-Djava.util.logging.config.file=" + LOGGING.toAbsolutePath(),
                "-cp",
                System.getProperty("java.class.path"),
                program));
    command.addAll(arguments);
    Process process =
        new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true).start();
    String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(printed).isZero();
    return printed;
  }
}
