package dengine.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What `bin/dengine` says in a checkout where nothing was built, with a Maven that does as it is
/// told here.
final class FirstBuildTest {

  private static final String JAR = "cli/target/fast/dengine-cli-1.jar";

  @TempDir Path checkout;
  private String standardOutput = "";
  private String standardError = "";

  @BeforeEach
  void checkOut() throws IOException {
    for (String script : new String[] {"dengine", "find-java", "built-jar.sh"}) {
      executable("bin/" + script, Files.readString(Path.of("../bin", script)));
    }
  }

  @Test
  void whoeverWaitsKnowsWhatForAndIsSparedWhatMavenSays() throws Exception {
    maven("echo compiles 17 files; mkdir -p cli/target/fast/lib; : >" + JAR);

    run();

    assertThat(standardError)
        .startsWith("dengine: is not built yet. Building it, which is done once and takes a minute")
        .containsPattern("\ndengine: built in \\d+ s\n")
        .doesNotContain("compiles 17 files");
    assertThat(standardOutput).isEmpty();
    assertThat(checkout.resolve("target/dengine-build.log"))
        .content()
        .contains("compiles 17 files");
  }

  @Test
  void aBuildThatFailsIsShownAsAWhole() throws Exception {
    maven("echo compiles 17 files; echo no such class >&2; exit 1");

    assertThat(run()).isEqualTo(69);

    assertThat(standardError)
        .contains("\ncompiles 17 files\nno such class\ndengine: the build failed;");
    assertThat(standardOutput).isEmpty();
  }

  @Test
  void whatIsBuiltIsNotBuiltAgain() throws Exception {
    maven("mkdir -p cli/target/fast/lib; : >" + JAR);
    run();

    run();

    assertThat(standardError).doesNotContain("built");
  }

  private void maven(String does) throws IOException {
    executable("maven/mvn", "#!/bin/sh\n" + does + "\n");
  }

  private void executable(String name, String text) throws IOException {
    Path file = checkout.resolve(name);
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  /// The jar is empty: what comes after the build fails, which is not the point.
  private int run() throws IOException, InterruptedException {
    Path out = checkout.resolve("out");
    Path err = checkout.resolve("err");
    ProcessBuilder command =
        new ProcessBuilder(checkout.resolve("bin/dengine").toString(), "version")
            .redirectOutput(out.toFile())
            .redirectError(err.toFile());
    command.environment().put("DENGINE_JAVA_HOME", System.getProperty("java.home"));
    command.environment().merge("PATH", "", (path, _) -> checkout.resolve("maven") + ":" + path);
    int code = command.start().waitFor();
    standardOutput = Files.readString(out, StandardCharsets.UTF_8);
    standardError = Files.readString(err, StandardCharsets.UTF_8);
    return code;
  }
}
