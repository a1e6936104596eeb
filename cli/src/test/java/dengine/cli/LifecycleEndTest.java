package dengine.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dengine.api.DEngineException;
import dengine.api.NodeState;
import dengine.api.NodeState.Phase;
import dengine.client.GrpcClient;
import dengine.embedded.EmbeddedEngine;
import dengine.embedded.EngineConfig;
import dengine.embedded.MemberAddress;
import dengine.server.StandaloneEngine;
import dengine.server.config.ServerConfig;
import dengine.storage.Disk;
import dengine.storage.StorageOptions;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// What a follower over the network is told of the end of a real node.
@Timeout(120)
final class LifecycleEndTest {

  private static final Duration LONG = Duration.ofSeconds(60);

  @TempDir Path folder;
  private final BlockingQueue<NodeState> told = new LinkedBlockingQueue<>();
  private final AtomicBoolean broken = new AtomicBoolean();

  @Test
  void aServerThatIsClosedSaysThatItStopsAndThenNobodyAnswers() throws Exception {
    ServerConfig config =
        ServerConfig.builder()
            .set("cluster.db_root_dir", folder.toString())
            .set("cluster.listen_address", "127.0.0.1:0")
            .build();
    try (StandaloneEngine server = StandaloneEngine.start(config);
        GrpcClient client = GrpcClient.builder(server.address()).deadline(LONG).connect()) {
      var _ = client.lifecycleAt(server.address()).watch(told::add);
      upTo(Phase.SERVING);

      server.close();

      List<NodeState> end = upTo(Phase.UNREACHABLE);
      assertThat(end).extracting(NodeState::phase).containsSubsequence(Phase.STOPPING);
      assertThat(end).extracting(NodeState::phase).doesNotContain(Phase.STOPPED, Phase.WAITING);
      assertThat(end).allSatisfy(now -> assertThat(now.cause()).isEmpty());
      assertThat(server.engine().lifecycle().state().phase()).isEqualTo(Phase.STOPPED);
    }
  }

  @Test
  void aNodeThatStopsByItselfSaysWhyAndThenNobodyAnswers() throws Exception {
    String address = freeAddress();
    EngineConfig config = EngineConfig.of(1, List.of(MemberAddress.voter(1, address)), folder);
    try (EmbeddedEngine engine =
            EmbeddedEngine.builder(config)
                .storageOptions(StorageOptions.DEFAULT.withDisk(failing()))
                .start();
        GrpcClient client = GrpcClient.builder(address).deadline(LONG).connect()) {
      engine.waitReady(LONG);
      var _ = client.lifecycleAt(address).watch(told::add);
      upTo(Phase.SERVING);

      broken.set(true);
      try {
        engine.client().put("greeting", "hello");
      } catch (DEngineException expected) {
        assertThat(expected).isNotNull();
      }

      NodeState last = upTo(Phase.STOPPING).getLast();
      assertThat(last.cause().orElseThrow()).contains("no such luck");
      assertThat(last.role()).isEmpty();
      assertThat(upTo(Phase.UNREACHABLE))
          .extracting(NodeState::phase)
          .doesNotContain(Phase.STOPPED, Phase.WAITING, Phase.SERVING);
      assertThat(engine.terminated()).failsWithin(LONG);
    }
  }

  /// All that was told up to the first of this phase.
  private List<NodeState> upTo(Phase phase) throws InterruptedException {
    List<NodeState> states = new ArrayList<>();
    while (states.isEmpty() || states.getLast().phase() != phase) {
      NodeState next = told.poll(60, TimeUnit.SECONDS);
      assertThat(next).as("after " + states).isNotNull();
      states.add(next);
    }
    return states;
  }

  /// The machine's disk, whose syncs fail once it is broken.
  private Disk failing() {
    return around(Disk.class, Disk.system());
  }

  private <T> T around(Class<T> type, T inner) {
    Object proxy =
        Proxy.newProxyInstance(
            Disk.class.getClassLoader(),
            new Class<?>[] {type},
            (_, method, arguments) -> {
              if (broken.get() && method.getName().equals("force")) {
                throw new IOException("no such luck");
              }
              try {
                Object result = method.invoke(inner, arguments);
                return result instanceof Disk.File file ? around(Disk.File.class, file) : result;
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
    return type.cast(proxy);
  }

  private static String freeAddress() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return "127.0.0.1:" + socket.getLocalPort();
    }
  }
}
