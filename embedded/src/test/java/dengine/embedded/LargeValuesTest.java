package dengine.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dengine.api.Bytes;
import dengine.api.InvalidRequestException;
import dengine.api.ReadPolicy;
import dengine.engine.NodeException;
import dengine.engine.spi.StateMachine;
import dengine.kv.Limits;
import dengine.raft.RaftOptions;
import dengine.raft.Refusal;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// The largest values there may be, in a cluster of engines in this process.
@Timeout(120)
final class LargeValuesTest {

  private static final Duration LONG = Duration.ofSeconds(60);
  private static final Limits LARGE =
      new Limits(100, 31 << 20, Limits.LARGEST_REQUEST, Limits.DEFAULT.maxKeysPerRead());

  @TempDir Path folder;
  private final List<EmbeddedEngine> engines = new ArrayList<>();

  @AfterEach
  void stop() {
    engines.forEach(EmbeddedEngine::close);
    engines.clear();
  }

  @Test
  void theLargestValueIsWrittenReplicatedAndFoundAgain() {
    List<MemberAddress> members =
        IntStream.rangeClosed(1, 3).mapToObj(id -> MemberAddress.voter(id, freeAddress())).toList();
    byte[] value = new byte[LARGE.maxValueBytes()];
    value[value.length - 1] = 7;
    startAll(members);

    long revision = leader().client().withDeadline(LONG).put(Bytes.of("k"), Bytes.wrap(value));

    requireEverywhere(value, revision);
    stop();
    startAll(members);
    requireEverywhere(value, revision);
    engines.forEach(engine -> assertThat(engine.terminated()).isNotDone());
  }

  @Test
  void aCommandThatNoLogHoldsIsRefusedAndTheNodeGoesOn() {
    EmbeddedEngine engine = start(EngineConfig.of(folder.resolve("alone")));
    engine.waitReady(LONG);
    byte[] tooLarge = new byte[StateMachine.MAX_COMMAND_BYTES + 1];

    assertThatThrownBy(() -> engine.node().propose(tooLarge, LONG))
        .isInstanceOfSatisfying(
            NodeException.Refused.class,
            refused ->
                assertThat(refused.refusal())
                    .isEqualTo(
                        new Refusal.TooLarge(tooLarge.length, StateMachine.MAX_COMMAND_BYTES)));

    assertThat(engine.client().put("k", "v")).isPositive();
  }

  @Test
  void limitsBeyondWhatALogHoldsAreRefusedByName() {
    assertThatThrownBy(() -> new Limits(1, 1, Limits.LARGEST_REQUEST + 1, 1))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageContaining("maxRequestBytes = 33554433")
        .hasMessageContaining("1 to 33554432");
  }

  private void requireEverywhere(byte[] value, long revision) {
    for (EmbeddedEngine engine : engines) {
      while (engine.node().appliedIndex() < revision) {
        Thread.onSpinWait();
      }
      assertThat(engine.client().get(Bytes.of("k"), ReadPolicy.EVENTUAL).orElseThrow().value())
          .isEqualTo(Bytes.wrap(value));
    }
  }

  private EmbeddedEngine leader() {
    int leader = engines.getFirst().waitReady(LONG).id();
    EmbeddedEngine found = engines.get(leader - 1);
    found.waitReady(LONG);
    return found;
  }

  private void startAll(List<MemberAddress> members) {
    for (MemberAddress member : members) {
      // 31 MiB take their time on a busy machine.
      RaftOptions patient =
          RaftOptions.DEFAULT.withTiming(Duration.ofSeconds(2), Duration.ofMillis(200));
      start(
          EngineConfig.of(member.id(), members, folder.resolve("node-" + member.id()))
              .withLimits(LARGE)
              .withRaft(patient));
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
