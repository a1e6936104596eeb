package dengine.cli.dev;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What a development cluster leaves behind.
final class DevFolderTest {

  @TempDir Path scratch;

  @Test
  void foldersOfNodesThatEndedAreDeleted() throws IOException {
    DevFolder folder = new DevFolder(scratch.resolve("cluster"));
    for (DevNode node : folder.prepare(3)) {
      Files.createDirectories(node.data());
      Files.createFile(node.data().resolve("LOCK"));
    }

    folder.delete();

    assertThat(folder.path()).doesNotExist();
  }

  @Test
  void dataOfANodeThatWasStartedByHandAndStillRunsIsKept() throws IOException {
    DevFolder folder = new DevFolder(scratch.resolve("cluster"));
    DevNode node = folder.prepare(3).get(1);
    Files.createDirectories(node.data());
    Path lock = node.data().resolve("LOCK");
    try (FileChannel file =
            FileChannel.open(lock, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock held = file.lock()) {
      assertThat(held.isValid()).isTrue();

      assertThatThrownBy(folder::delete)
          .isInstanceOf(IOException.class)
          .hasMessageContaining("node 2 was started by hand and still runs")
          .hasMessageContaining(folder.path().toString());
    }
    assertThat(lock).exists();
  }
}
