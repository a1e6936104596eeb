package dengine.embedded;

import static org.assertj.core.api.Assertions.assertThat;

import dengine.api.Admin;
import dengine.engine.Node;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.lang.ProcessBuilder.Redirect;
import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Engines that nobody closes.
@Timeout(120)
final class ForgottenTest {

  private static final Duration LONG = Duration.ofSeconds(60);

  @TempDir Path folder;
  private final MeterRegistry registry = new SimpleMeterRegistry();

  @Test
  void anEngineThatIsLostIsReportedWithThePlaceWhereItWasStarted() throws Exception {
    try (Heard heard = new Heard()) {
      Node left = startAndLose();

      LogRecord warning = heard.afterCollection();

      assertThat(warning.getLevel()).isEqualTo(Level.WARNING);
      assertThat(heard.text(warning))
          .contains("event=not-closed node=1", "ForgottenTest.startAndLose");
      assertThat(left.isLeading()).isTrue();
      left.close();
    }
  }

  private Node startAndLose() {
    EmbeddedEngine engine = EmbeddedEngine.start(folder);
    engine.waitReady(LONG);
    return engine.node();
  }

  @Test
  void anEngineWhoseMetersAreInARegistryIsReportedAllTheSame() throws Exception {
    try (Heard heard = new Heard()) {
      Node left = startMeasureAndLose();

      LogRecord warning = heard.afterCollection();

      assertThat(heard.text(warning)).contains("event=not-closed node=1");
      assertThat(registry.get("dengine.raft.term").gauge().value()).isNaN();
      left.close();
    }
  }

  private Node startMeasureAndLose() {
    EmbeddedEngine engine = EmbeddedEngine.start(folder);
    engine.waitReady(LONG);
    new EngineMetrics(engine).bindTo(registry);
    assertThat(registry.get("dengine.raft.term").gauge().value()).isPositive();
    return engine.node();
  }

  @Test
  void anEngineThatWasClosedOrWhoseClientIsInUseIsNotReported() throws Exception {
    try (Heard heard = new Heard()) {
      EmbeddedEngine.start(folder.resolve("closed")).close();
      EmbeddedClient client = EmbeddedEngine.start(folder.resolve("used")).client();

      assertThat(heard.nothingAfterCollection()).isTrue();
      client.close();
    }
  }

  /// Each would otherwise take its memory for as long as the process lives.
  @Test
  void ofAnEngineThatIsOverNothingIsHeld() throws Exception {
    ReferenceQueue<Node> collected = new ReferenceQueue<>();
    Reference<Node> node = closed(collected);

    Reference<? extends Node> gone = null;
    while (gone == null) {
      System.gc();
      gone = collected.remove(100);
    }

    assertThat(gone).isSameAs(node);
    assertThat(registry.getMeters()).isNotEmpty();
  }

  private Reference<Node> closed(ReferenceQueue<Node> collected) {
    try (EmbeddedEngine engine = EmbeddedEngine.start(folder)) {
      engine.waitReady(LONG);
      new EngineMetrics(engine).bindTo(registry);
      assertThat(registry.get("dengine.raft.term").gauge().value()).isPositive();
      engine.client().put("greeting", "hello");
      try (Admin.Watching _ = engine.lifecycle().watch(_ -> {})) {
        return new WeakReference<>(engine.node(), collected);
      }
    }
  }

  @Test
  void aProcessEndsThoughItsEngineWasNotClosedAndLeavesNoLockBehind() throws Exception {
    String address = freeAddress();
    Process process =
        new ProcessBuilder(
                List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-cp",
                    System.getProperty("java.class.path"),
                    Careless.class.getName(),
                    folder.toString(),
                    address))
            .redirectErrorStream(true)
            .redirectOutput(Redirect.DISCARD)
            .start();

    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).isZero();

    EngineConfig same = EngineConfig.of(1, List.of(MemberAddress.voter(1, address)), folder);
    try (EmbeddedEngine again = EmbeddedEngine.start(same)) {
      again.waitReady(LONG);
      assertThat(again.client().get("greeting")).isPresent();
    }
  }

  /// Does its work and returns.
  static final class Careless {
    private Careless() {}

    public static void main(String[] arguments) {
      EngineConfig config =
          EngineConfig.of(1, List.of(MemberAddress.voter(1, arguments[1])), Path.of(arguments[0]));
      EmbeddedEngine engine = EmbeddedEngine.start(config);
      engine.waitReady(LONG);
      engine.client().put("greeting", "hello");
    }
  }

  private static String freeAddress() throws Exception {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return "127.0.0.1:" + socket.getLocalPort();
    }
  }

  /// What is logged about engines that are lost.
  private static final class Heard extends Handler implements AutoCloseable {
    private static final Logger LOGGER = Logger.getLogger(LossReport.class.getName());
    private static final int COLLECTIONS = 20;
    private final BlockingQueue<LogRecord> records = new LinkedBlockingQueue<>();

    Heard() {
      LOGGER.addHandler(this);
    }

    LogRecord afterCollection() throws InterruptedException {
      LogRecord heard = null;
      while (heard == null) {
        System.gc();
        heard = records.poll(100, TimeUnit.MILLISECONDS);
      }
      return heard;
    }

    boolean nothingAfterCollection() throws InterruptedException {
      for (int i = 0; i < COLLECTIONS; i++) {
        System.gc();
        if (records.poll(20, TimeUnit.MILLISECONDS) != null) {
          return false;
        }
      }
      return true;
    }

    String text(LogRecord heard) {
      return java.text.MessageFormat.format(heard.getMessage(), heard.getParameters());
    }

    @Override
    public void publish(LogRecord heard) {
      records.add(heard);
    }

    @Override
    public void flush() {}

    @Override
    public void close() {
      LOGGER.removeHandler(this);
    }
  }
}
