package dengine.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dengine.api.Bytes;
import dengine.api.ClosedException;
import dengine.api.ClusterUnavailableException;
import dengine.api.Leader;
import dengine.api.Member;
import dengine.api.NodeState;
import dengine.api.NodeState.Phase;
import dengine.api.ReadPolicy;
import dengine.api.Values;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// What engines in this process tell of themselves.
@Timeout(120)
final class LifecycleTest {

  private static final Duration LONG = Duration.ofSeconds(60);

  @TempDir Path folder;
  private final List<EmbeddedEngine> engines = new ArrayList<>();

  @AfterEach
  void stop() {
    engines.forEach(EmbeddedEngine::close);
  }

  @Test
  void anEngineTellsThatItServesAndThatItStops() throws Exception {
    EmbeddedEngine engine = start(EngineConfig.of(folder));
    List<NodeState> told = new CopyOnWriteArrayList<>();
    CompletableFuture<NodeState> over = new CompletableFuture<>();
    var _ =
        engine
            .lifecycle()
            .watch(
                now -> {
                  told.add(now);
                  if (now.phase() == Phase.STOPPED) {
                    over.complete(now);
                  }
                });

    Leader leader = engine.lifecycle().waitReady(LONG);
    assertThat(leader.id()).isEqualTo(engine.nodeId());
    assertThat(engine.lifecycle().state().isLeader()).isTrue();
    assertThat(engine.lifecycle().leader()).contains(leader);
    assertThat(engine.lifecycle().term()).isEqualTo(leader.term());
    engine.close();

    NodeState last = over.get(60, TimeUnit.SECONDS);
    assertThat(last.role()).isEmpty();
    assertThat(last.leader()).isEmpty();
    assertThat(last.cause()).isEmpty();
    assertThat(told).extracting(NodeState::phase).contains(Phase.SERVING, Phase.STOPPING);
    for (int i = 1; i < told.size(); i++) {
      assertThat(told.get(i).number()).isEqualTo(told.get(i - 1).number() + 1);
    }
    assertThat(engine.lifecycle().state()).isEqualTo(last);
    assertThatThrownBy(() -> engine.lifecycle().waitReady(LONG))
        .isInstanceOf(ClosedException.class);
  }

  @Test
  void everyMemberTellsWhoLeadsWhereAndSinceWhen() {
    startThree();
    Leader first = engines.getFirst().lifecycle().waitReady(LONG);
    EmbeddedEngine leading = engines.get(first.id() - 1);

    leading.transferLeadership(first.id() % 3 + 1);

    for (EmbeddedEngine engine : engines) {
      NodeState now =
          engine
              .lifecycle()
              .await(s -> s.term() > first.term() && s.firstCommit().isPresent(), LONG);
      Leader leader = engine.lifecycle().waitReady(LONG);
      assertThat(leader.term()).isGreaterThanOrEqualTo(now.term());
      assertThat(leader.address())
          .isEqualTo(engines.get(leader.id() - 1).config().self().address());
    }
    assertThat(leading.lifecycle().state().role()).contains(Member.Role.FOLLOWER);
  }

  @Test
  void aLinearizableReadWorksFromTheFirstMomentALeaderSaysThatItLeads() throws Exception {
    startThree();
    BlockingQueue<CompletableFuture<Values>> reads = new LinkedBlockingQueue<>();
    List<Bytes> keys = List.of(Bytes.of("k"));
    for (EmbeddedEngine engine : engines) {
      var _ =
          engine
              .lifecycle()
              .watch(
                  now -> {
                    if (now.isLeader()) {
                      assertThat(now.firstCommit().orElseThrow())
                          .isLessThanOrEqualTo(engine.node().appliedIndex());
                      reads.add(engine.client().async().getMany(keys, ReadPolicy.LINEARIZABLE));
                    }
                  });
    }

    CompletableFuture<Values> first = reads.poll(60, TimeUnit.SECONDS);

    assertThat(first).isNotNull();
    assertThat(first.get(60, TimeUnit.SECONDS).revision()).isPositive();
  }

  @Test
  void whoeverWaitsTooLongIsToldSo() {
    EngineConfig lonely =
        EngineConfig.of(
            1,
            List.of(MemberAddress.voter(1, freeAddress()), MemberAddress.voter(2, freeAddress())),
            folder);
    EmbeddedEngine engine = start(lonely);

    assertThat(engine.lifecycle().state().phase()).isEqualTo(Phase.WAITING);
    assertThatThrownBy(() -> engine.lifecycle().waitReady(Duration.ofMillis(10)))
        .isInstanceOf(ClusterUnavailableException.class)
        .hasMessageContaining("10 ms");
  }

  private void startThree() {
    List<MemberAddress> members =
        List.of(
            MemberAddress.voter(1, freeAddress()),
            MemberAddress.voter(2, freeAddress()),
            MemberAddress.voter(3, freeAddress()));
    for (int id = 1; id <= 3; id++) {
      start(EngineConfig.of(id, members, folder.resolve("node-" + id)));
    }
  }

  private EmbeddedEngine start(EngineConfig config) {
    EmbeddedEngine engine = EmbeddedEngine.start(config);
    engines.add(engine);
    return engine;
  }

  private static String freeAddress() {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return "127.0.0.1:" + socket.getLocalPort();
    } catch (java.io.IOException e) {
      throw new AssertionError(e);
    }
  }
}
