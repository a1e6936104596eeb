package dengine.server;

import static org.assertj.core.api.Assertions.assertThat;

import dengine.embedded.LossReport;
import dengine.engine.Node;
import dengine.server.config.ServerConfig;
import dengine.server.config.ServerConfigBuilder;
import java.lang.ProcessBuilder.Redirect;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.text.MessageFormat;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Servers that nobody closes.
@Timeout(120)
final class ForgottenTest {

  private static final Duration LONG = Duration.ofSeconds(60);
  private static final Logger LOGGER = Logger.getLogger(LossReport.class.getName());
  private static final int COLLECTIONS = 20;

  @TempDir Path folder;
  private final BlockingQueue<LogRecord> records = new LinkedBlockingQueue<>();
  private final Handler heard =
      new Handler() {
        @Override
        public void publish(LogRecord told) {
          records.add(told);
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
      };

  @BeforeEach
  void listen() {
    LOGGER.addHandler(heard);
  }

  @AfterEach
  void listenNoMore() {
    LOGGER.removeHandler(heard);
  }

  @Test
  void aServerThatIsLostIsReportedOnceWithThePlaceWhereItWasStartedAndGoesOn() throws Exception {
    Left left = startAndLose();

    LogRecord warning = afterCollection();

    assertThat(warning.getLevel()).isEqualTo(Level.WARNING);
    assertThat(text(warning))
        .contains("event=not-closed node=1", "the server that was started here")
        .contains("at=" + ForgottenTest.class.getName() + ".startAndLose");
    assertThat(laterReports()).as("of the engine inside, too").isEmpty();
    assertThat(left.node.isLeading()).isTrue();
    assertThat(get(left.http + "/metrics")).contains("dengine_raft_leading{node=\"1\"} 1.0");
    left.node.close();
  }

  /// What it takes to see that a server goes on that nobody holds.
  private record Left(Node node, String http) {}

  private Left startAndLose() {
    StandaloneEngine server = StandaloneEngine.start(config(folder, "127.0.0.1:0", "127.0.0.1:0"));
    server.engine().waitReady(LONG);
    return new Left(server.engine().node(), server.httpAddress().orElseThrow());
  }

  @Test
  void aServerThatWasClosedOrStoppedOrIsInUseIsNotReported() throws Exception {
    StandaloneEngine.start(config(folder.resolve("closed"), "127.0.0.1:0", "127.0.0.1:0")).close();
    startAndStopInside(config(folder.resolve("stopped"), "127.0.0.1:0", "")).join();
    try (StandaloneEngine used =
        StandaloneEngine.start(config(folder.resolve("used"), "127.0.0.1:0", "127.0.0.1:0"))) {
      assertThat(laterReports()).isEmpty();
      assertThat(used.terminated()).isNotDone();
    }
  }

  @Test
  void aServerWhoseNodeStoppedAndThatStillAnswersWhyIsReported() throws Exception {
    startAndStopInside(config(folder, "127.0.0.1:0", "127.0.0.1:0")).join();

    assertThat(text(afterCollection())).contains("ForgottenTest.startAndStopInside");
  }

  private static CompletableFuture<Void> startAndStopInside(ServerConfig config) {
    StandaloneEngine server = StandaloneEngine.start(config);
    server.engine().close();
    return server.terminated();
  }

  @Test
  void aProcessEndsThoughItsServerWasNotClosedAndLeavesNoLockOrPortBehind() throws Exception {
    String address = freeAddress();
    String http = freeAddress();
    Path output = folder.resolve("output");
    Process process =
        new ProcessBuilder(
                List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-cp",
                    System.getProperty("java.class.path"),
                    Careless.class.getName(),
                    folder.resolve("data").toString(),
                    address,
                    http))
            .redirectErrorStream(true)
            .redirectOutput(Redirect.to(output.toFile()))
            .start();
    try {
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
      assertThat(process.exitValue()).as(Files.readString(output)).isZero();
    } finally {
      process.destroyForcibly();
    }

    try (StandaloneEngine again =
        StandaloneEngine.start(config(folder.resolve("data"), address, http))) {
      again.engine().waitReady(LONG);
      assertThat(again.engine().client().get("greeting")).isPresent();
    }
  }

  /// Does its work, looks at its health, and returns.
  static final class Careless {
    private Careless() {}

    public static void main(String[] arguments) throws Exception {
      StandaloneEngine server =
          StandaloneEngine.start(config(Path.of(arguments[0]), arguments[1], arguments[2]));
      server.engine().waitReady(LONG);
      server.engine().client().put("greeting", "hello");
      if (!get(server.httpAddress().orElseThrow() + "/readyz").contains("phase=serving")) {
        throw new IllegalStateException("not ready");
      }
    }
  }

  private static ServerConfig config(Path data, String address, String http) {
    ServerConfigBuilder config =
        ServerConfig.builder()
            .set("cluster.db_root_dir", data.toString())
            .set("cluster.listen_address", address);
    return (http.isEmpty() ? config : config.set("monitoring.http_address", http)).build();
  }

  private static String get(String address) throws Exception {
    try (HttpClient client = HttpClient.newHttpClient()) {
      return client
          .send(
              HttpRequest.newBuilder(URI.create("http://" + address)).build(),
              HttpResponse.BodyHandlers.ofString())
          .body();
    }
  }

  private static String freeAddress() throws Exception {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return "127.0.0.1:" + socket.getLocalPort();
    }
  }

  private LogRecord afterCollection() throws InterruptedException {
    LogRecord told = null;
    while (told == null) {
      System.gc();
      told = records.poll(100, TimeUnit.MILLISECONDS);
    }
    return told;
  }

  private List<String> laterReports() throws InterruptedException {
    List<String> reports = new ArrayList<>();
    for (int i = 0; i < COLLECTIONS; i++) {
      System.gc();
      LogRecord told = records.poll(20, TimeUnit.MILLISECONDS);
      if (told != null) {
        reports.add(text(told));
      }
    }
    return reports;
  }

  private static String text(LogRecord told) {
    return MessageFormat.format(told.getMessage(), told.getParameters());
  }
}
