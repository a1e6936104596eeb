package dengine.testkit.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What is read of strace's log.
final class InjectionTest {

  @TempDir Path folder;

  @Test
  void beforeStraceHasBegunNoCallIsChanged() throws Exception {
    assertThat(Injection.changed(folder.resolve("node-1.strace"))).isZero();
  }

  @Test
  void changedCallsAreCountedAndOthersNot() throws Exception {
    Path log = folder.resolve("node-1.strace");
    Files.write(
        log,
        List.of(
            "7 fdatasync(5) = -1 EIO (Input/output error) (INJECTED)",
            "7 fdatasync(5) = 0 (DELAYED)",
            "7 fdatasync(5) = 0"));

    assertThat(Injection.changed(log)).isEqualTo(2);
  }
}
