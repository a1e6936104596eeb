package dengine.embedded;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Micrometer is an optional dependency.
@Timeout(120)
final class WithoutMicrometerTest {

  @TempDir Path folder;

  @Test
  void anApplicationWithoutMicrometerStartsAndStopsAnEngine() throws Exception {
    Path output = folder.resolve("output");
    Process process =
        new ProcessBuilder(
                List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-cp",
                    classPathWithoutMicrometer(),
                    Application.class.getName(),
                    folder.resolve("data").toString()))
            .redirectErrorStream(true)
            .redirectOutput(Redirect.to(output.toFile()))
            .start();

    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(Files.readString(output)).isZero();
  }

  private static String classPathWithoutMicrometer() {
    return Pattern.compile(File.pathSeparator, Pattern.LITERAL)
        .splitAsStream(System.getProperty("java.class.path"))
        .filter(entry -> !Path.of(entry).getFileName().toString().startsWith("micrometer-"))
        .collect(Collectors.joining(File.pathSeparator));
  }

  /// Fails if there is Micrometer.
  static final class Application {
    private Application() {}

    public static void main(String[] arguments) {
      try {
        Class<?> there = Class.forName("io.micrometer.core.instrument.MeterRegistry");
        throw new IllegalStateException(there + " was to be missing");
      } catch (ClassNotFoundException asWanted) {
        try (EmbeddedEngine engine = EmbeddedEngine.start(Path.of(arguments[0]))) {
          engine.waitReady(Duration.ofSeconds(60));
          engine.client().put("greeting", "hello");
        }
      }
    }
  }
}
