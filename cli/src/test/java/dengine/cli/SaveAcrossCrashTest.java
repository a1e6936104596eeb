package dengine.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dengine.api.Bytes;
import dengine.client.GrpcClient;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// A backup during which the server dies, with a real process.
@Timeout(value = 180, unit = TimeUnit.SECONDS)
final class SaveAcrossCrashTest {

  private static final int VALUES = 64;
  private static final int VALUE_BYTES = 1 << 20;

  @TempDir Path scratch;

  private CommandProcess server(String address) throws Exception {
    CommandProcess server =
        CommandProcess.start(
            scratch, "server", "--dir", scratch.resolve("data").toString(), "--listen", address);
    server.awaitLine("event=started");
    return server;
  }

  @Test
  void aSaveWhoseServerIsKilledInTheMiddleIsWholeAfterItsRestart() throws Exception {
    String address = freeAddress();
    Path file = scratch.resolve("backup");
    Shell shell = new Shell();
    shell.connector = new GrpcConnector();
    CompletableFuture<Integer> save;
    try (CommandProcess _ = server(address)) {
      fill(address);
      save =
          CompletableFuture.supplyAsync(
              () -> shell.run("snapshot", "save", file.toString(), "-e", address),
              task -> Thread.ofPlatform().daemon().start(task));
      awaitFirstBytes(save);
    } // killed

    try (CommandProcess _ = server(address)) {
      assertThat(save.get(120, TimeUnit.SECONDS)).as(() -> shell.err).isZero();
    }

    assertThat(shell.err).contains("broke off after", "beginning again (2 of 3)");
    assertThat(Files.size(file)).isGreaterThan((long) VALUES * VALUE_BYTES);
    assertThat(shell.run("snapshot", "verify", file.toString())).isZero();
    assertThat(parts()).isEmpty();
  }

  private static String freeAddress() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return "127.0.0.1:" + socket.getLocalPort();
    }
  }

  private static void fill(String address) {
    byte[] value = new byte[VALUE_BYTES];
    new Random(1).nextBytes(value);
    try (GrpcClient client =
        GrpcClient.builder(address).deadline(Duration.ofSeconds(60)).connect()) {
      for (int i = 0; i < VALUES; i++) {
        var _ = client.put(Bytes.of("k" + i), Bytes.of(value));
      }
    }
  }

  private void awaitFirstBytes(CompletableFuture<Integer> save) throws IOException {
    while (!save.isDone()) {
      for (Path part : parts()) {
        if (Files.size(part) > 0) {
          return;
        }
      }
      Thread.onSpinWait();
    }
  }

  private List<Path> parts() throws IOException {
    try (Stream<Path> all = Files.list(scratch)) {
      return all.filter(path -> path.toString().endsWith(".part")).toList();
    }
  }
}
