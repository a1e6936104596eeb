package dengine.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dengine.server.StandaloneEngine;
import dengine.server.config.ServerConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Runs the programs that the README shows, from beginning to end.
final class ExamplesTest {

  private static final Path SOURCES = Path.of("src/main/java/dengine/examples");
  private static final Pattern JAVA_BLOCK = Pattern.compile("(?s)```java\n(.*?)```");
  private static final String ENDPOINTS = "127.0.0.1:9081,127.0.0.1:9082,127.0.0.1:9083";

  @TempDir Path folder;

  @Test
  void theEmbeddedProgramRuns() throws Exception {
    String printed = java(EmbeddedExample.class.getName());

    assertThat(printed).matches("hello at revision [1-9]\\d*\\n");
    assertThat(folder.resolve("data")).isNotEmptyDirectory();
  }

  @Test
  void theProgramThatWatchesFollowsTheStore() throws Exception {
    assertThat(java(WatchExample.class.getName()))
        .isEqualTo(
            """
            follows no more: interrupted while waiting for an event
            the map has {/services/b=10.0.0.2}
            """);
  }

  @Test
  void theProgramThatFollowsItsNodeWorksWhileThatLeads() throws Exception {
    // Two threads print: who waits for a leader, and who is told of one.
    assertThat(java(LifecycleExample.class.getName()))
        .contains("works\n", "node 1 leads\n")
        .endsWith("rests\nstopped\n");
  }

  @Test
  void theGuideShowsExactlyTheseProgramsThatWatchAndFollow() throws IOException {
    assertGuideShows("## Watching keys", "WatchExample.java", 1);
    assertGuideShows("## Knowing the node's state", "LifecycleExample.java", 2);
  }

  private static void assertGuideShows(String title, String source, int count) throws IOException {
    String program = flat(Files.readString(SOURCES.resolve(source)));
    String guide = Files.readString(Path.of("../docs/guide.md"));
    int start = guide.indexOf(title);
    String chapter = guide.substring(start, guide.indexOf("\n## ", start + 1));

    List<String> blocks = JAVA_BLOCK.matcher(chapter).results().map(b -> b.group(1)).toList();

    assertThat(blocks)
        .hasSize(count)
        .allSatisfy(block -> assertThat(program).contains(flat(block)));
  }

  /// The first run has the store in memory, the others go on with the same data on disk.
  @Test
  void theProgramOnRocksDbGoesOnWithTheDataOfTheOneInMemory() throws Exception {
    String inMemory = java(EmbeddedExample.class.getName());
    String onDisk = java(RocksExample.class.getName());
    String again = java(RocksExample.class.getName());

    assertThat(revision(inMemory)).isLessThan(revision(onDisk));
    assertThat(revision(onDisk)).isLessThan(revision(again));
    assertThat(folder.resolve("state")).isNotEmptyDirectory();
  }

  private static long revision(String printed) {
    return Long.parseLong(printed.strip().replaceFirst("(?s).*revision ", ""));
  }

  @Test
  void theRemoteProgramRunsAgainstAServer() throws Exception {
    ServerConfig config =
        ServerConfig.builder()
            .set("cluster.db_root_dir", folder.resolve("server").toString())
            .set("cluster.listen_address", "127.0.0.1:0")
            .build();
    try (StandaloneEngine server = StandaloneEngine.start(config)) {
      server.engine().waitReady(Duration.ofSeconds(30));
      // The program as it stands, with the address of this server, which took a free port.
      String source = Files.readString(SOURCES.resolve("GrpcExample.java"));
      assertThat(source).contains(ENDPOINTS);
      Path moved = folder.resolve("GrpcExample.java");
      Files.writeString(
          moved,
          source.replace("package dengine.examples;", "").replace(ENDPOINTS, server.address()));

      String printed = java(moved.toString());

      assertThat(printed).matches("(?s).*hello at revision [1-9]\\d*\\n");
      assertThat(server.engine().client().get("greeting")).isPresent();
    }
  }

  @Test
  void theReadmeShowsExactlyThesePrograms() throws IOException {
    String readme = Files.readString(Path.of("../README.md"));
    String programs =
        flat(
            Files.readString(SOURCES.resolve("EmbeddedExample.java"))
                + Files.readString(SOURCES.resolve("GrpcExample.java")));

    List<String> blocks = JAVA_BLOCK.matcher(readme).results().map(b -> b.group(1)).toList();

    assertThat(blocks).hasSize(2).allSatisfy(block -> assertThat(programs).contains(flat(block)));
  }

  @Test
  void thePageAboutPartsOfYourOwnShowsExactlyThisCode() throws IOException {
    StringBuilder code = new StringBuilder();
    try (Stream<Path> files = Files.walk(Path.of("src"))) {
      for (Path file : files.filter(it -> it.toString().endsWith(".java")).toList()) {
        code.append(Files.readString(file));
      }
    }
    String all = flat(code.toString());

    List<String> blocks =
        JAVA_BLOCK
            .matcher(Files.readString(Path.of("../docs/customising.md")))
            .results()
            .map(block -> block.group(1))
            .toList();

    assertThat(blocks).hasSize(8).allSatisfy(block -> assertThat(all).contains(flat(block)));
  }

  private String java(String program) throws IOException, InterruptedException {
    return Programs.run(folder, program, List.of());
  }

  private static String flat(String text) {
    return text.replaceAll("\\s+", " ").strip();
  }
}
