package dengine.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dengine.api.Bytes;
import dengine.api.Watch;
import dengine.api.WatchEvent;
import dengine.client.GrpcClient;
import dengine.server.StandaloneEngine;
import dengine.server.config.ServerConfig;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Watches on a cluster of servers of which one after the other goes away.
@Timeout(120)
final class WatchClusterTest {

  private static final Duration LONG = Duration.ofSeconds(60);
  private static final int WRITES = 600;

  @TempDir Path folder;
  private final List<StandaloneEngine> servers = new ArrayList<>();

  @AfterEach
  void stop() {
    servers.forEach(StandaloneEngine::close);
  }

  @Test
  void everyChangeIsToldOnceAndInOrderWhileServersComeAndGo() throws Exception {
    List<ServerConfig> configs = configs();
    configs.forEach(config -> servers.add(StandaloneEngine.start(config)));
    String all = String.join(",", servers.stream().map(StandaloneEngine::address).toList());
    List<WatchEvent> expected = new ArrayList<>();
    List<WatchEvent> told = new ArrayList<>();

    try (GrpcClient client = GrpcClient.builder(all).deadline(LONG).connect();
        Watch watch = client.watchPrefix("/")) {
      for (int i = 0; i < WRITES; i++) {
        if (i % 200 == 100) {
          int victim = i / 200;
          servers.get(victim).close();
          servers.set(victim, StandaloneEngine.start(configs.get(victim)));
        }
        Bytes key = Bytes.of("/" + i % 7);
        Bytes value = Bytes.of(Integer.toString(i));
        expected.add(put(client, key, value));
        watch.poll(Duration.ZERO).ifPresent(told::add);
      }
      while (told.size() < WRITES) {
        told.add(watch.next());
      }

      assertThat(told).isEqualTo(expected);
    }
  }

  /// A write whose outcome is unknown because its server went away is looked for.
  private static WatchEvent put(GrpcClient client, Bytes key, Bytes value) {
    long revision;
    try {
      revision = client.put(key, value);
    } catch (dengine.api.OutcomeUnknownException unknown) {
      revision =
          client
              .get(key)
              .filter(found -> found.value().equals(value))
              .map(dengine.api.KeyValue::modRevision)
              .orElseGet(() -> client.put(key, value));
    }
    return new WatchEvent.Put(revision, key, value, Optional.empty());
  }

  private List<ServerConfig> configs() throws Exception {
    List<String> addresses = new ArrayList<>();
    for (int id = 1; id <= 3; id++) {
      try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
        addresses.add("127.0.0.1:" + socket.getLocalPort());
      }
    }
    List<ServerConfig> configs = new ArrayList<>();
    for (int id = 1; id <= 3; id++) {
      configs.add(
          ServerConfig.builder()
              .set("cluster.node_id", Integer.toString(id))
              .set("cluster.listen_address", addresses.get(id - 1))
              .set("cluster.initial_cluster", "1=%s,2=%s,3=%s".formatted(addresses.toArray()))
              .set("cluster.db_root_dir", folder.resolve("node-" + id).toString())
              .build());
    }
    return configs;
  }
}
