package dengine.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dengine.api.DEngineException;
import dengine.server.config.ServerConfig;
import io.micrometer.core.instrument.Meter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class OperatingMetricsTest {

  private static final Duration LONG = Duration.ofSeconds(20);

  @TempDir Path folder;

  @Test
  void theLogAndItsLimitAreThereToBeCompared() {
    try (StandaloneEngine server = StandaloneEngine.start(alone())) {
      server.engine().waitReady(LONG);
      server.engine().client().put("greeting", "hello");

      assertThat(value(server, "dengine.log.entries")).isPositive();
      assertThat(value(server, "dengine.log.bytes")).isPositive();
      assertThat(value(server, "dengine.log.limit.entries")).isEqualTo(100_000 + 2 * 100_000);
      assertThat(value(server, "dengine.log.limit.bytes"))
          .isEqualTo((256 + 2 * 256 + 3 * 64) * (double) (1 << 20));
    }
  }

  @Test
  void whoeverTakesSnapshotsByHandHasNoLimitToComeNear() {
    ServerConfig byHand = config("raft.snapshot.enable", "false");

    try (StandaloneEngine server = StandaloneEngine.start(byHand)) {
      assertThat(server.metrics().find("dengine.log.limit.entries").meter()).isNull();
      assertThat(server.metrics().find("dengine.log.limit.bytes").meter()).isNull();
    }
  }

  @Test
  void aSnapshotIsCountedAndItsAgeAndSizeAreThere() {
    try (StandaloneEngine server = StandaloneEngine.start(alone())) {
      server.engine().waitReady(LONG);
      assertThat(value(server, "dengine.snapshot.taken")).isZero();
      server.engine().client().put("greeting", "hello");

      server.engine().admin().createSnapshot();

      assertThat(value(server, "dengine.snapshot.taken")).isEqualTo(1);
      assertThat(value(server, "dengine.snapshot.bytes")).isPositive();
      assertThat(value(server, "dengine.snapshot.age")).isNotNegative();
      assertThat(value(server, "dengine.snapshot.failed")).isZero();
    }
  }

  @Test
  void callsThatANodeWithoutALeaderCannotServeAreCounted() {
    String members = "1=127.0.0.1:1,2=127.0.0.1:2,3=127.0.0.1:3";
    try (StandaloneEngine server =
        StandaloneEngine.start(config("cluster.initial_cluster", members))) {
      double before = failures(server);

      assertThatThrownBy(() -> server.engine().client().put("greeting", "hello"))
          .isInstanceOf(DEngineException.class);
      assertThatThrownBy(
              () -> server.engine().client().withDeadline(Duration.ofMillis(50)).delete("greeting"))
          .isInstanceOf(DEngineException.class);

      assertThat(failures(server)).isEqualTo(before + 2);
    }
  }

  @Test
  void theDiskAndTheLimitsAreThere() {
    try (StandaloneEngine server = StandaloneEngine.start(alone())) {
      assertThat(value(server, "dengine.disk.free"))
          .isPositive()
          .isLessThanOrEqualTo(value(server, "dengine.disk.total"));
      for (String limit :
          List.of(
              "dengine.engine.limit.calls",
              "dengine.raft.limit.unapplied",
              "dengine.raft.limit.pending.reads",
              "dengine.watch.limit.watchers")) {
        assertThat(value(server, limit)).as(limit).isPositive();
      }
    }
  }

  private static double value(StandaloneEngine server, String name) {
    Meter meter = server.metrics().get(name).meter();
    return meter.measure().iterator().next().getValue();
  }

  private static double failures(StandaloneEngine server) {
    return server.metrics().get("dengine.client.failures").functionCounters().stream()
        .mapToDouble(counter -> counter.count())
        .sum();
  }

  private ServerConfig alone() {
    return config("raft.snapshot.enable", "true");
  }

  private ServerConfig config(String key, String value) {
    return ServerConfig.builder()
        .set("cluster.db_root_dir", folder.toString())
        .set("cluster.listen_address", "127.0.0.1:0")
        .set(key, value)
        .build();
  }
}
