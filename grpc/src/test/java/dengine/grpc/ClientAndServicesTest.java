package dengine.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dengine.api.AsyncClient;
import dengine.api.Bytes;
import dengine.api.Client;
import dengine.api.InvalidRequestException;
import dengine.api.KeyValue;
import dengine.api.Leader;
import dengine.api.Member;
import dengine.api.NotLeaderException;
import dengine.api.OutcomeUnknownException;
import dengine.api.Page;
import dengine.api.ReadPolicy;
import dengine.api.Scan;
import dengine.api.Swap;
import dengine.api.Values;
import dengine.client.GrpcClient;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The client and the services against each other, over a socket.
@Timeout(60)
final class ClientAndServicesTest {

  private static GrpcClient connect(Served served, boolean unary) {
    GrpcClient.Builder builder =
        GrpcClient.builder(served.transport.address()).deadline(Duration.ofSeconds(30));
    return (unary ? builder.unary() : builder).connect();
  }

  @ParameterizedTest(name = "unary: {0}")
  @ValueSource(booleans = {false, true})
  void everyOperationGivesWhatTheStoreGave(boolean unary) throws Exception {
    try (Served served = new Served(ServiceOptions.DEFAULT);
        Client client = connect(served, unary)) {
      Bytes key = Bytes.of("/k/1");
      assertThat(client.put("/k/1", "1")).isEqualTo(1);
      assertThat(client.put("/k/2", "2")).isEqualTo(2);
      assertThat(client.get(key, ReadPolicy.LEASE))
          .contains(new KeyValue(key, Bytes.of("1"), 1, 1, 1));
      assertThat(client.get("/nothing")).isEmpty();
      assertThat(client.compareAndSwap(key, Optional.of(Bytes.of("1")), Bytes.EMPTY))
          .isEqualTo(new Swap(true, 3));
      assertThat(client.compareAndSwap(key, Optional.of(Bytes.EMPTY), Bytes.of("3")))
          .isEqualTo(new Swap(true, 4));
      assertThat(client.compareAndSwap(key, Optional.empty(), Bytes.of("4")))
          .isEqualTo(new Swap(false, 5));
      Values values = client.getMany(List.of(Bytes.of("/no"), key, key), ReadPolicy.EVENTUAL);
      assertThat(values.revision()).isEqualTo(5);
      assertThat(values.values())
          .containsExactly(
              Optional.empty(),
              Optional.of(new KeyValue(key, Bytes.of("3"), 1, 4, 3)),
              Optional.of(new KeyValue(key, Bytes.of("3"), 1, 4, 3)));
      Page first = client.scan(Scan.prefix("/k/").limit(1));
      assertThat(first.entries()).extracting(KeyValue::text).containsExactly("3");
      Page second = client.scan(Scan.prefix("/k/").from(first.next().orElseThrow()));
      assertThat(second.entries()).extracting(KeyValue::text).containsExactly("2");
      assertThat(second.next()).isEmpty();
      assertThat(client.delete(key)).isEqualTo(6);
      assertThat(client.put(key, Bytes.of("5"), Duration.ofSeconds(7))).isEqualTo(7);
      assertThat(served.store.ttls).containsEntry(key, Duration.ofSeconds(7));
      assertThat(client.put(key, Bytes.of("6"), Duration.ofNanos(1))).isEqualTo(8);
      assertThat(served.store.ttls).containsEntry(key, Duration.ofMillis(1));
      Duration half = Duration.ofMillis(500);
      assertThat(client.compareAndSwap(key, Optional.of(Bytes.of("6")), Bytes.of("7"), half))
          .isEqualTo(new Swap(true, 9));
      assertThat(served.store.ttls).containsEntry(key, half);
      assertThatThrownBy(() -> client.put(key, Bytes.EMPTY, Duration.ZERO))
          .isInstanceOf(InvalidRequestException.class)
          .hasMessageContaining("ttl");
      assertThat(client.delete(key)).isEqualTo(10);
      assertThat(client.get(key)).isEmpty();
      assertThat(client.members())
          .hasSize(3)
          .contains(new Member(3, "127.0.0.1:9083", Member.Role.LEARNER));
      assertThat(client.leader()).contains(new Leader(1, "127.0.0.1:9081", 3));
    }
  }

  @ParameterizedTest(name = "unary: {0}")
  @ValueSource(booleans = {false, true})
  void failuresArriveAsWhatTheyWere(boolean unary) throws Exception {
    try (Served served = new Served(ServiceOptions.DEFAULT);
        Client client = connect(served, unary)) {
      client.put("k", "v");
      served.store.failure = new InvalidRequestException("key", 5000, "1 to 4096 bytes");
      assertThatThrownBy(() -> client.put("k", "v"))
          .isInstanceOf(InvalidRequestException.class)
          .hasMessageContaining("key = 5000, permitted: 1 to 4096 bytes");
      served.store.failure = new OutcomeUnknownException("leadership was lost");
      assertThatThrownBy(() -> client.put("k", "v"))
          .isInstanceOf(OutcomeUnknownException.class)
          .hasMessageContaining("leadership was lost");
      // Refused once for want of a leader, then taken.
      served.store.failure = new NotLeaderException(0, "");
      assertThat(client.put("k", "w")).isEqualTo(2);
    }
  }

  @ParameterizedTest(name = "unary: {0}")
  @ValueSource(booleans = {false, true})
  void aFollowersHintIsFollowedToAnAddressNotConfigured(boolean unary) throws Exception {
    try (Served follower = new Served(ServiceOptions.DEFAULT);
        Served leader = new Served(ServiceOptions.DEFAULT);
        Client client = connect(follower, unary)) {
      follower.store.failsAlways = true;
      follower.store.failure = new NotLeaderException(9, leader.transport.address());

      client.put("k", "v");

      assertThat(leader.store.started).hasValue(1);
    }
  }

  @ParameterizedTest(name = "unary: {0}")
  @ValueSource(booleans = {false, true})
  void manyCallersGetTheirOwnAnswers(boolean unary) throws Exception {
    try (Served served = new Served(ServiceOptions.DEFAULT);
        Client client = connect(served, unary);
        var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> callers = new ArrayList<>();
      for (int caller = 0; caller < 50; caller++) {
        String key = "k" + caller;
        callers.add(
            threads.submit(
                () -> {
                  for (int i = 0; i < 50; i++) {
                    client.put(key, key + "=" + i);
                    assertThat(client.get(key).orElseThrow().text()).isEqualTo(key + "=" + i);
                  }
                }));
      }
      for (Future<?> caller : callers) {
        caller.get();
      }
    }
  }

  @ParameterizedTest(name = "unary: {0}")
  @ValueSource(booleans = {false, true})
  void moreThanTheServersBoundWaitsItsTurn(boolean unary) throws Exception {
    try (Served served = new Served(ServiceOptions.DEFAULT.withSessionBounds(16, 1 << 20));
        Client client = connect(served, unary)) {
      AsyncClient async = client.async();
      List<CompletableFuture<Long>> writes = new ArrayList<>();
      for (int i = 0; i < 1000; i++) {
        writes.add(async.put(Bytes.of("k" + i), Bytes.wrap(new byte[1000])));
      }
      for (CompletableFuture<Long> write : writes) {
        write.get();
      }
      assertThat(client.scan(Scan.prefix("k").limit(1)).revision()).isEqualTo(1000);
    }
  }
}
