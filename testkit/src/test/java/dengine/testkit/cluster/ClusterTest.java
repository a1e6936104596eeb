package dengine.testkit.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dengine.api.Bytes;
import dengine.api.KeyValue;
import dengine.api.OutcomeUnknownException;
import dengine.api.Page;
import dengine.api.ReadPolicy;
import dengine.api.Scan;
import dengine.engine.Persistence;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class ClusterTest {

  @TempDir Path directory;

  @Test
  void whatWasWrittenIsReadAtOnce() {
    try (Cluster cluster = Cluster.of(3).start(directory)) {
      for (int i = 0; i < 50; i++) {
        String value = "v" + i;
        long revision = cluster.call(client -> client.put("k", value));
        KeyValue read = cluster.call(client -> client.get("k")).orElseThrow();

        assertThat(read.text()).isEqualTo(value);
        assertThat(read.modRevision()).isEqualTo(revision);
      }
    }
  }

  @Test
  void anAcknowledgedWriteSurvivesTheLeader() {
    try (Cluster cluster = Cluster.of(3).start(directory)) {
      for (int round = 0; round < 5; round++) {
        String value = "round " + round;
        cluster.call(client -> client.put("k", value));
        int leader = cluster.awaitLeader();

        cluster.crash(leader);

        assertThat(text(cluster, "k")).isEqualTo(value);
        cluster.start(leader);
      }
    }
  }

  @Test
  void anAcknowledgedWriteSurvivesTheDeathOfAllNodes() {
    acknowledgedWritesSurviveTheDeathOfAllNodes(Cluster.of(3));
  }

  @Test
  void anAcknowledgedWriteInTheOperatingSystemSurvivesTheDeathOfAllProcesses() {
    Persistence memory = new Persistence.MemFirst(Duration.ofSeconds(60));
    acknowledgedWritesSurviveTheDeathOfAllNodes(
        Cluster.of(3).config(config -> config.withPersistence(memory)));
  }

  private void acknowledgedWritesSurviveTheDeathOfAllNodes(Cluster.Setup setup) {
    try (Cluster cluster = setup.start(directory)) {
      for (int i = 0; i < 100; i++) {
        int number = i;
        cluster.call(client -> client.put("k" + number, "v" + number));
      }
      cluster.nodes().forEach(cluster::crash);

      cluster.nodes().forEach(cluster::start);

      Page page = cluster.call(client -> client.scan(Scan.prefix("k")));
      assertThat(page.entries()).hasSize(100);
    }
  }

  @Test
  void aFollowerThatWasAwayCatchesUp() {
    try (Cluster cluster = Cluster.of(3).start(directory)) {
      int leader = cluster.awaitLeader();
      int follower = leader % 3 + 1;
      cluster.crash(follower);
      for (int i = 0; i < 200; i++) {
        String value = "v" + i;
        cluster.call(client -> client.put("k", value));
      }

      cluster.start(follower);

      cluster.awaitConvergence();
      Optional<KeyValue> read =
          cluster.engine(follower).client().get(Bytes.of("k"), ReadPolicy.EVENTUAL);
      assertThat(read.map(KeyValue::text)).contains("v199");
    }
  }

  @Test
  void aLeaderThatIsCutOffIsReplacedAndFollowsAfterwards() {
    try (Cluster cluster = Cluster.of(3).start(directory)) {
      int old = cluster.awaitLeader();
      cluster.call(client -> client.put("k", "before"));
      Set<Integer> others = Set.of(old % 3 + 1, (old + 1) % 3 + 1);

      cluster.network().between(Set.of(old), others, MemoryNetwork.Condition.BLOCKED);
      Cluster.await("another leader", () -> others.contains(cluster.leader().orElse(old)));
      cluster.call(client -> client.put("k", "after"));
      Cluster.await("the old leader to step down", () -> !cluster.engine(old).isLeader());
      cluster.network().heal();

      cluster.awaitConvergence();
      assertThat(text(cluster, "k")).isEqualTo("after");
      assertThat(
              cluster
                  .engine(old)
                  .client()
                  .get(Bytes.of("k"), ReadPolicy.EVENTUAL)
                  .map(KeyValue::text))
          .contains("after");
    }
  }

  @Test
  void aWriteThatReachedNoQuorumIsUnknownAndNotAcknowledged() {
    try (Cluster cluster =
        Cluster.of(3).config(c -> c.withDeadline(Duration.ofSeconds(1))).start(directory)) {
      int leader = cluster.awaitLeader();
      Set<Integer> others = Set.of(leader % 3 + 1, (leader + 1) % 3 + 1);
      cluster.network().between(Set.of(leader), others, MemoryNetwork.Condition.BLOCKED);

      Throwable outcome = null;
      try {
        cluster.engine(leader).client().put("k", "lost?");
      } catch (OutcomeUnknownException unknown) {
        outcome = unknown;
      }

      assertThat(outcome).isNotNull();
    }
  }

  @Test
  void aSlowAndLossyNetworkOnlyCostsTime() {
    try (Cluster cluster = Cluster.of(3).start(directory)) {
      MemoryNetwork.Condition bad =
          new MemoryNetwork.Condition(false, 0.1, Duration.ofMillis(1), Duration.ofMillis(10));
      cluster.network().between(Set.of(1, 2, 3), Set.of(1, 2, 3), bad);
      int acknowledged = 0;
      for (int i = 0; i < 30; i++) {
        String value = "v" + i;
        try {
          cluster.call(client -> client.put("k" + value, value));
          acknowledged++;
        } catch (OutcomeUnknownException unknown) {
          // Allowed when an election comes in between.
        }
      }
      cluster.network().heal();

      List<KeyValue> entries = cluster.call(c -> c.scan(Scan.prefix("k"))).entries();
      assertThat(entries).hasSizeGreaterThanOrEqualTo(acknowledged);
      assertThat(acknowledged).isPositive();
      assertThat(cluster.network().lost()).isPositive();
    }
  }

  @Test
  void aNodeThatStopsGracefullyHandsOver() {
    try (Cluster cluster = Cluster.of(3).start(directory)) {
      int leader = cluster.awaitLeader();
      cluster.call(client -> client.put("k", "v"));

      cluster.stop(leader);

      assertThat(text(cluster, "k")).isEqualTo("v");
    }
  }

  private static String text(Cluster cluster, String key) {
    return cluster.call(client -> client.get(key)).map(KeyValue::text).orElse("absent");
  }
}
