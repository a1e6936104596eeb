package dengine.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A path that leads nowhere: one line with the path and what to do, in words.
final class PathsTest {

  private static final String[] MEMBERS = {"--members", "1=127.0.0.1:9081"};

  @TempDir Path folder;
  private final Shell shell = new Shell();
  private String none;
  private String file;

  @BeforeEach
  void aFile() throws IOException {
    none = folder.resolve("none").toString();
    file = Files.writeString(folder.resolve("file"), "x").toString();
  }

  @Test
  void aFileThatIsNotThereIsNamed() {
    refused("backup " + none + " does not exist: check the path", "snapshot", "verify", none);
    refused(
        "backup " + none + " does not exist: check the path",
        with(MEMBERS, "snapshot", "restore", none, "--dir", folder.resolve("new").toString()));
    assertThat(folder.resolve("new")).doesNotExist();
    refused(
        "backup " + folder + " is a directory: give a file",
        "snapshot",
        "verify",
        folder.toString());
  }

  @Test
  void aDirectoryThatIsNotThereIsNamed() {
    String missing = "data directory " + none + " does not exist: check the path";
    refused(missing, "log", "verify", none);
    refused(missing, "log", "inspect", none);
    refused(missing, "recover", "--dir", none, "--to", file, "--address", "a:1");
    refused("data directory " + file + " is a file: give the directory", "log", "inspect", file);
  }

  @Test
  void whatCannotBeMadeIsNamed() throws IOException {
    String occupied = file + " is a file: choose a directory that is empty or does not exist";
    refused(occupied, with(MEMBERS, "snapshot", "restore", file, "--dir", file));
    refused(
        none + "/deep cannot be written, directory " + none + " does not exist: make it first",
        "snapshot",
        "save",
        none + "/deep");
    refused(
        file + "/deep cannot be written, " + file + " is no directory: choose another path",
        "snapshot",
        "save",
        file + "/deep");
    refused("is not a directory: choose another path", "server", "--dir", file);
    refused(file + " is a file: choose a folder", "dev", "--dir", file);
    refused("is not a directory: choose another path", "bench", "--embedded", file);
  }

  @Test
  void aConfigurationFileThatCannotBeReadIsNamed() throws IOException {
    Path binary = Files.write(folder.resolve("binary"), new byte[] {(byte) 0xff, (byte) 0xfe});

    for (String command : new String[] {"config", "server"}) {
      assertThat(shell.run(command, "--config", none)).isEqualTo(78);
      assertThat(shell.err).hasLineCount(1).contains(none + ": no such file: check the path");
      assertThat(shell.run(command, "--config", folder.toString())).isEqualTo(78);
      assertThat(shell.err).hasLineCount(1).contains(folder + ": is a directory");
      assertThat(shell.run(command, "--config", binary.toString())).isEqualTo(78);
      assertThat(shell.err).hasLineCount(1).contains(binary + ": is no text in UTF-8");
    }
  }

  private void refused(String why, String... command) {
    assertThat(shell.run(command)).as(String.join(" ", command)).isEqualTo(74);
    assertThat(shell.err).hasLineCount(1).contains(why).doesNotContain("Exception", "java.");
  }

  private static String[] with(String[] more, String... first) {
    String[] all = Arrays.copyOf(first, first.length + more.length);
    System.arraycopy(more, 0, all, first.length, more.length);
    return all;
  }
}
