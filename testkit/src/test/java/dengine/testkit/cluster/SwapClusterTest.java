package dengine.testkit.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dengine.api.Bytes;
import dengine.api.KeyValue;
import dengine.api.OutcomeUnknownException;
import dengine.api.ReadPolicy;
import dengine.engine.SnapshotOptions;
import dengine.engine.SnapshotPolicy;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// What applications build on compare-and-swap, while nodes come and go.
@Timeout(120)
class SwapClusterTest {

  private static final Bytes KEY = Bytes.of("key");
  private static final int ACCOUNTS = 3;
  private static final int TRANSFERS = 50;

  @TempDir Path directory;

  @Test
  void transfersBetweenAccountsNeitherMakeNorLoseMoney() throws Exception {
    try (Cluster cluster = Cluster.of(3).start(directory);
        ExecutorService tellers = Executors.newVirtualThreadPerTaskExecutor()) {
      cluster.call(client -> client.put(KEY, Bytes.of("1000,1000,1000")));
      int follower = cluster.awaitLeader() % 3 + 1;

      List<Future<Integer>> done = new ArrayList<>();
      for (int teller = 0; teller < ACCOUNTS; teller++) {
        int from = teller;
        done.add(tellers.submit(() -> transfer(cluster, from)));
      }
      cluster.stop(follower);

      int moved = 0;
      for (Future<Integer> some : done) {
        moved += some.get();
      }
      int[] balances = balances(cluster);
      assertThat(moved).isPositive();
      assertThat(Arrays.stream(balances).sum()).isEqualTo(3000);
      assertThat(Arrays.stream(balances)).allMatch(balance -> balance >= 0);
    }
  }

  /// One unit from an account to the next, again and again. Whether a transfer of unknown outcome
  /// happened is not asked: the sum does not depend on it.
  private static int transfer(Cluster cluster, int from) {
    int moved = 0;
    while (moved < TRANSFERS) {
      int[] balances = balances(cluster);
      Bytes before = encoded(balances);
      balances[from]--;
      balances[(from + 1) % ACCOUNTS]++;
      Bytes after = encoded(balances);
      try {
        boolean swapped =
            cluster.call(it -> it.compareAndSwap(KEY, Optional.of(before), after)).succeeded();
        moved += swapped ? 1 : 0;
      } catch (OutcomeUnknownException unknown) {
        moved++;
      }
    }
    return moved;
  }

  private static int[] balances(Cluster cluster) {
    return Arrays.stream(text(cluster).split(",")).mapToInt(Integer::parseInt).toArray();
  }

  private static Bytes encoded(int[] balances) {
    return Bytes.of(
        Arrays.stream(balances).mapToObj(String::valueOf).collect(Collectors.joining(",")));
  }

  @Test
  void aLockHasOneOwnerAndOnlyHeGivesItBack() {
    try (Cluster cluster = Cluster.of(3).start(directory)) {
      assertThat(acquire(cluster, "a")).isTrue();
      assertThat(acquire(cluster, "b")).isFalse();
      assertThat(text(cluster)).isEqualTo("a");

      assertThat(swap(cluster, Optional.of("b"), "")).as("it is not b's").isFalse();
      assertThat(swap(cluster, Optional.of("a"), "")).isTrue();
      assertThat(swap(cluster, Optional.of(""), "b")).isTrue();

      assertThat(text(cluster)).isEqualTo("b");
    }
  }

  @Test
  void aSwapWhoseLeaderDiesHappenedWhollyOrNotAtAll() {
    try (Cluster cluster = Cluster.of(3).start(directory)) {
      for (int round = 0; round < 3; round++) {
        int leader = cluster.awaitLeader();
        String value = "whole-" + round;
        Optional<String> before = value(cluster);
        CompletableFuture<?> inFlight =
            cluster
                .engine(leader)
                .client()
                .async()
                .compareAndSwap(KEY, before.map(Bytes::of), Bytes.of(value));

        cluster.crash(leader);

        assertThat(inFlight).as("answered, or ended by its node's death").isDone();
        Optional<String> after = value(cluster);
        assertThat(after).isIn(before, Optional.of(value));
        if (!inFlight.isCompletedExceptionally()) {
          assertThat(after).as("it was acknowledged").contains(value);
        }
        assertThat(swap(cluster, after, "chain-" + round)).isTrue();
        assertThat(swap(cluster, after, "nobody's")).as("the chain went on").isFalse();
        cluster.start(leader);
      }
      assertThat(text(cluster)).isEqualTo("chain-2");
    }
  }

  @Test
  void aLockOutlivesTheLogThatItWasTakenIn() {
    SnapshotOptions often =
        SnapshotOptions.DEFAULT
            .withPolicy(new SnapshotPolicy.Entries(20))
            .withRetention(1, 10, 1 << 20);
    try (Cluster cluster = Cluster.of(3).config(it -> it.withSnapshots(often)).start(directory)) {
      assertThat(acquire(cluster, "a")).isTrue();
      int follower = cluster.awaitLeader() % 3 + 1;
      cluster.stop(follower);
      for (int i = 0; i < 100; i++) {
        String value = "v" + i;
        cluster.call(client -> client.put("other", value));
      }
      int leader = cluster.awaitLeader();
      Cluster.await(
          "the lock's entry to leave the log",
          () -> cluster.engine(leader).node().status().history().firstIndex() > 50);

      cluster.start(follower);

      cluster.awaitConvergence();
      assertThat(cluster.engine(follower).client().get(KEY, ReadPolicy.EVENTUAL))
          .map(KeyValue::text)
          .contains("a");
      assertThat(acquire(cluster, "b")).isFalse();
      assertThat(swap(cluster, Optional.of("a"), "")).isTrue();
      assertThat(swap(cluster, Optional.of(""), "b")).isTrue();
    }
  }

  private static boolean acquire(Cluster cluster, String owner) {
    return swap(cluster, Optional.empty(), owner);
  }

  private static boolean swap(Cluster cluster, Optional<String> expected, String value) {
    return cluster
        .call(it -> it.compareAndSwap(KEY, expected.map(Bytes::of), Bytes.of(value)))
        .succeeded();
  }

  private static Optional<String> value(Cluster cluster) {
    return cluster.call(client -> client.get(KEY)).map(KeyValue::text);
  }

  private static String text(Cluster cluster) {
    return value(cluster).orElse("absent");
  }
}
