package dengine.embedded;

import static org.assertj.core.api.Assertions.assertThat;

import dengine.api.Leader;
import dengine.engine.NodeStatus;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
final class PeerLagsTest {

  private static final Duration LONG = Duration.ofSeconds(60);

  @TempDir Path folder;
  private final List<EmbeddedEngine> engines = new ArrayList<>();
  private final MeterRegistry registry = new SimpleMeterRegistry();
  private final AtomicLong nanos = new AtomicLong();

  @AfterEach
  void stop() {
    engines.forEach(EmbeddedEngine::close);
  }

  @Test
  void peersComeAndGoWithTheReadingOfMeters() throws Exception {
    List<MemberAddress> members =
        List.of(
            MemberAddress.voter(1, freeAddress()),
            MemberAddress.voter(2, freeAddress()),
            MemberAddress.voter(3, freeAddress()));
    for (int id = 1; id <= 3; id++) {
      engines.add(EmbeddedEngine.start(EngineConfig.of(id, members, folder.resolve("node-" + id))));
    }
    Leader leader = engines.getFirst().waitReady(LONG);
    int first = leader.id();
    EmbeddedEngine leading = engines.get(first - 1);
    leading.client().put("greeting", "hello");
    new EngineMetrics(leading, new LatestStatus(nanos::get)).bindTo(registry);

    assertThat(peers()).isEmpty();
    readLater();
    assertThat(peers())
        .containsExactlyInAnyOrderElementsOf(
            Stream.of(1, 2, 3).filter(id -> id != first).map(String::valueOf).toList());
    assertThat(registry.get("dengine.raft.peer.lag").gauges())
        .allSatisfy(lag -> assertThat(lag.value()).isNotNegative());

    leading.transferLeadership(first % 3 + 1);
    engines.forEach(engine -> engine.lifecycle().await(now -> now.term() > leader.term(), LONG));
    readLater();
    assertThat(peers()).isEmpty();
  }

  @Test
  void aLagIsThatOfTheLatestState() {
    EmbeddedEngine engine = EmbeddedEngine.start(folder);
    engines.add(engine);
    LatestStatus status = new LatestStatus(nanos::get);
    PeerLags lags = new PeerLags(registry, engine, status);
    NodeStatus now = engine.status();

    lags.show(with(now, new NodeStatus.Peer(2, 5, 0)));
    status.of(() -> with(now, new NodeStatus.Peer(2, now.lastIndex() - 3, 0)));

    assertThat(registry.get("dengine.raft.peer.lag").tag("peer", "2").gauge().value()).isEqualTo(3);
  }

  private static NodeStatus with(NodeStatus now, NodeStatus.Peer peer) {
    return new NodeStatus(
        now.id(),
        now.clusterId(),
        now.role(),
        now.term(),
        now.leader(),
        now.lastIndex(),
        now.commitIndex(),
        now.appliedIndex(),
        List.of(peer),
        now.load(),
        now.configuration(),
        now.removed(),
        now.history());
  }

  private void readLater() {
    nanos.addAndGet(Duration.ofSeconds(1).toNanos());
    assertThat(registry.get("dengine.raft.term").gauge().value()).isPositive();
  }

  private List<String> peers() {
    return registry.find("dengine.raft.peer.lag").gauges().stream()
        .map(gauge -> String.valueOf(gauge.getId().getTag("peer")))
        .toList();
  }

  private static String freeAddress() throws Exception {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return "127.0.0.1:" + socket.getLocalPort();
    }
  }
}
