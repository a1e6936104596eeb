package dengine.cli.dev;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dengine.embedded.EmbeddedEngine;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.Stream;
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
  void theDataOfOneNodeIsRefusedAndLeftAsItWas() throws IOException {
    try (EmbeddedEngine engine = EmbeddedEngine.start(scratch.resolve("data"))) {
      assertThat(engine.nodeId()).isEqualTo(1);
    }
    DevNode node = new DevFolder(scratch.resolve("cluster")).prepare(1).getFirst();
    List<Path> before = all();

    assertThatThrownBy(() -> new DevFolder(scratch.resolve("data")).prepare(0))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(scratch.resolve("data") + " is the data directory of one node")
        .hasMessageContaining("it has IDENTITY")
        .hasMessageEndingWith("start the node with the command it was started with");
    assertThatThrownBy(() -> new DevFolder(node.folder()).prepare(0))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("it has dengine.toml")
        .hasMessageEndingWith("start the node with the command it was started with");

    assertThat(all()).isEqualTo(before);
    assertThat(new DevFolder(scratch.resolve("cluster")).prepare(0)).hasSize(1);
  }

  private List<Path> all() throws IOException {
    try (Stream<Path> files = Files.walk(scratch)) {
      return files.sorted().toList();
    }
  }

  @Test
  void nodesKeepTheirPorts() throws IOException {
    DevFolder folder = new DevFolder(scratch.resolve("cluster"));

    List<DevNode> nodes = folder.prepare(3);

    assertThat(nodes.stream().flatMap(node -> Stream.of(node.port(), node.httpPort())))
        .doesNotHaveDuplicates();
    assertThat(folder.prepare(0)).isEqualTo(nodes);
  }

  @Test
  void nodesThatHadNoPortForHttpGetOneEach() throws IOException {
    DevFolder folder = new DevFolder(scratch.resolve("cluster"));
    List<DevNode> before = folder.prepare(3);
    for (DevNode node : before) {
      String written = Files.readString(node.configFile());
      Files.writeString(node.configFile(), written.substring(0, written.indexOf("[monitoring]")));
    }

    List<DevNode> nodes = folder.prepare(0);

    assertThat(nodes.stream().map(DevNode::port))
        .isEqualTo(before.stream().map(DevNode::port).toList());
    assertThat(nodes.stream().flatMap(node -> Stream.of(node.port(), node.httpPort())))
        .doesNotHaveDuplicates()
        .allMatch(port -> port > 0);
    assertThat(folder.prepare(0)).isEqualTo(nodes);
  }

  @Test
  void aPortForHttpThatSomebodyElseHasIsReplaced() throws IOException {
    DevFolder folder = new DevFolder(scratch.resolve("cluster"));
    DevNode before = folder.prepare(3).get(1);
    DevNode node;
    try (FreePorts somebody = new FreePorts()) {
      assertThat(somebody.take(before.httpPort())).isEqualTo(before.httpPort());

      node = folder.prepare(0).get(1);
    }

    assertThat(node.port()).isEqualTo(before.port());
    assertThat(node.httpPort()).isNotEqualTo(before.httpPort());
    assertThat(Files.readString(node.configFile())).contains(node.httpAddress());
  }

  @Test
  void aClusterWhoseNodeRunsIsRefused() throws IOException {
    DevFolder folder = new DevFolder(scratch.resolve("cluster"));
    DevNode node = folder.prepare(3).get(1);
    Files.createDirectories(node.data());
    try (FileChannel file = open(node.data().resolve("LOCK"));
        FileLock held = file.lock()) {
      assertThat(held.isValid()).isTrue();

      assertThatThrownBy(() -> folder.prepare(0))
          .isInstanceOf(IOException.class)
          .hasMessage(
              "node 2 of %s runs already, at %s; nothing was changed: stop it, or choose another"
                  + " folder",
              folder.path(), node.address());
    }
    assertThat(folder.prepare(0)).hasSize(3);
  }

  private static FileChannel open(Path lock) throws IOException {
    return FileChannel.open(lock, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
  }

  @Test
  void dataOfANodeThatWasStartedByHandAndStillRunsIsKept() throws IOException {
    DevFolder folder = new DevFolder(scratch.resolve("cluster"));
    DevNode node = folder.prepare(3).get(1);
    Files.createDirectories(node.data());
    Path lock = node.data().resolve("LOCK");
    try (FileChannel file = open(lock);
        FileLock held = file.lock()) {
      assertThat(held.isValid()).isTrue();

      assertThat(folder.stillRunning())
          .contains("node 2 was started by hand and still runs at " + node.address());
      assertThatThrownBy(folder::delete)
          .isInstanceOf(IOException.class)
          .hasMessageContaining("node 2 was started by hand and still runs")
          .hasMessageContaining(folder.path().toString());
    }
    assertThat(lock).exists();
  }
}
