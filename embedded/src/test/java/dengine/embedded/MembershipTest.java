package dengine.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dengine.api.Admin;
import dengine.api.ClusterMember.Standing;
import dengine.api.ClusterMembership;
import dengine.api.ClusterUnavailableException;
import dengine.api.InvalidRequestException;
import dengine.api.MembershipChangeRefusedException;
import dengine.api.MembershipChangeRefusedException.Reason;
import dengine.api.NotLeaderException;
import dengine.api.ReadPolicy;
import dengine.api.Replacement;
import dengine.api.Snapshot;
import dengine.api.SnapshotFailedException;
import dengine.storage.Disk;
import dengine.storage.SnapshotFile;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Clusters of engines in this process grow, shrink and are backed up.
@Timeout(120)
final class MembershipTest {

  private static final Duration LONG = Duration.ofSeconds(60);

  @TempDir Path folder;
  private final List<EmbeddedEngine> engines = new ArrayList<>();

  @AfterEach
  void stop() {
    engines.forEach(EmbeddedEngine::close);
  }

  @Test
  void oneNodeGrowsToThreeThroughAnyMemberAndShrinksAgain() throws Exception {
    EmbeddedEngine first = start(alone(1));
    first.waitReady(LONG);
    first.client().put("k", "v");
    BlockingQueue<ClusterMembership> told = watch(first);

    EmbeddedEngine second = start(joining(2, address(first)));
    // Through one that does not lead.
    EmbeddedEngine third = start(joining(3, address(second)));
    ClusterMembership three = await(told, m -> voters(m).equals(List.of(1, 2, 3)));

    second.waitReady(LONG);
    third.waitReady(LONG);
    assertThat(third.client().withDeadline(LONG).members()).hasSize(3);
    assertThat(three.member(3).orElseThrow().address()).isEqualTo(address(third));
    assertThat(three.member(3).orElseThrow().incarnation()).isNotZero();
    first.client().put("k", "w");
    assertThat(second.client().get(dengine.api.Bytes.of("k"), ReadPolicy.EVENTUAL)).isPresent();
    ClusterMembership listed = first.admin().listMembers();
    assertThat(listed.leader()).isEqualTo(1);
    assertThat(listed.members()).allMatch(member -> member.lag().isPresent());

    long index = removeOnceItHeardOthers(first, 2, 3);

    assertThat(voters(await(told, m -> m.index() >= index && !m.isJoint()))).containsExactly(1);
    first.client().put("k", "x");
  }

  @Test
  void aDeadNodeIsReplacedInOneCall() throws Exception {
    EmbeddedEngine first = start(alone(1));
    first.waitReady(LONG);
    BlockingQueue<ClusterMembership> told = watch(first);
    EmbeddedEngine second = start(joining(2, address(first)));
    EmbeddedEngine third = start(joining(3, address(first)));
    var _ = await(told, m -> voters(m).equals(List.of(1, 2, 3)));
    third.close();

    String address = freeAddress();
    EngineConfig fourth = EngineConfig.joining(4, address, Join.through(address(second)), dir(4));
    Thread starting = Thread.startVirtualThread(() -> start(fourth));
    Replacement replaced = patient(first).replace(3, 4, address);
    starting.join();

    assertThat(replaced.complete()).isTrue();
    assertThat(voters(replaced.membership())).containsExactly(1, 2, 4);
  }

  @Test
  void theLeaderAloneKnowsWhoIsSilent() throws Exception {
    EmbeddedEngine first = start(alone(1));
    first.waitReady(LONG);
    BlockingQueue<ClusterMembership> told = watch(first);
    EmbeddedEngine second = start(joining(2, address(first)));
    EmbeddedEngine third = start(joining(3, address(first)));
    var _ = await(told, m -> voters(m).equals(List.of(1, 2, 3)));
    second.waitReady(LONG);
    assertThat(first.admin().members()).allMatch(m -> m.silentMillis().isPresent());

    third.close();
    while (silence(first, 3).orElseThrow() == 0) {
      Thread.onSpinWait();
    }

    assertThat(silence(first, 3).orElseThrow()).isGreaterThan(2 * 400);
    assertThat(silence(first, 1)).hasValue(0);
    assertThat(silence(first, 2)).hasValue(0);
    assertThat(silence(second, 3)).isEmpty();
  }

  private static OptionalLong silence(EmbeddedEngine asked, int member) {
    return asked.admin().listMembers().member(member).orElseThrow().silentMillis();
  }

  @Test
  void aNodeThatComesBackNeedsNoSeeds() throws Exception {
    EmbeddedEngine first = start(alone(1));
    first.waitReady(LONG);
    BlockingQueue<ClusterMembership> told = watch(first);
    EngineConfig config = joining(2, address(first));
    EmbeddedEngine second = start(config);
    var _ = await(told, m -> m.member(2).isPresent());
    second.waitReady(LONG);
    long end = first.client().put("k", "v");
    while (second.node().appliedIndex() < end) {
      Thread.onSpinWait();
    }
    second.close();

    EngineConfig seedless =
        EngineConfig.joining(2, config.self().address(), Join.through("127.0.0.1:1"), dir(2));
    EmbeddedEngine back = start(seedless);

    back.waitReady(LONG);
    assertThat(back.config().effectiveClusterId()).isEqualTo(first.config().effectiveClusterId());
  }

  /// A leader sees its own removal committed, so it certainly knows.
  @Test
  void aNodeThatWasRemovedDoesNotJoinAgainByItself() throws Exception {
    EmbeddedEngine first = start(alone(1));
    first.waitReady(LONG);
    BlockingQueue<ClusterMembership> told = watch(first);
    EngineConfig config = joining(2, address(first));
    EmbeddedEngine second = start(config);
    var _ = await(told, m -> voters(m).contains(1) && m.member(2).isPresent());
    var _ = start(joining(3, address(first)));
    var _ = await(told, m -> voters(m).equals(List.of(1, 2, 3)));
    patient(first).transferLeadership(2);
    second.waitReady(LONG);
    BlockingQueue<ClusterMembership> toldSecond = watch(second);

    removeOnceItHeardOthers(second, 2);
    var _ = await(toldSecond, m -> m.member(2).isEmpty());
    second.close();

    assertThatThrownBy(() -> EmbeddedEngine.start(config))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageContaining("node 2 was removed from its cluster")
        .hasMessageContaining("empty directory");
    var _ = await(told, m -> voters(m).equals(List.of(1, 3)));
  }

  @Test
  void aReadOnlyNodeStaysALearner() throws Exception {
    EmbeddedEngine first = start(alone(1));
    first.waitReady(LONG);
    BlockingQueue<ClusterMembership> told = watch(first);
    Join join = new Join(List.of(address(first)), true, 0, LONG);
    var _ = start(EngineConfig.joining(2, freeAddress(), join, dir(2)));
    var _ = start(joining(3, address(first)));
    var _ = start(joining(4, address(first)));

    ClusterMembership four = await(told, m -> voters(m).equals(List.of(1, 3, 4)));

    assertThat(four.member(2).orElseThrow().readOnly()).isTrue();
    assertThat(four.member(2).orElseThrow().standing()).isEqualTo(Standing.LEARNER);
  }

  @Test
  void aNodeThatNobodyTakesInDoesNotStart() {
    EngineConfig config =
        EngineConfig.joining(
            2,
            freeAddress(),
            new Join(List.of("127.0.0.1:1"), false, 0, Duration.ofSeconds(2)),
            dir(2));

    assertThatThrownBy(() -> EmbeddedEngine.start(config))
        .isInstanceOf(ClusterUnavailableException.class)
        .hasMessageContaining("127.0.0.1:1 said: ");
    assertThat(dir(2)).doesNotExist();
  }

  @Test
  void aNodeWithoutAddressTakesNobodyIn() {
    EmbeddedEngine first = start(EngineConfig.of(dir(1)));
    first.waitReady(LONG);

    assertThatThrownBy(() -> first.admin().addLearner(2, "127.0.0.1:1", false))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageContaining("no address");
  }

  @Test
  void whoDoesNotLeadSaysWhoDoes() throws Exception {
    EmbeddedEngine first = start(alone(1));
    first.waitReady(LONG);
    BlockingQueue<ClusterMembership> told = watch(first);
    EmbeddedEngine second = start(joining(2, address(first)));
    var _ = await(told, m -> m.member(2).isPresent());
    second.waitReady(LONG);

    assertThatThrownBy(() -> second.admin().remove(List.of(1)))
        .isInstanceOfSatisfying(
            NotLeaderException.class,
            refusal -> {
              assertThat(refusal.leaderId()).contains(1);
              assertThat(refusal.leaderAddress()).contains(address(first));
            });
  }

  @Test
  void aSnapshotIsTakenOnDemandAndSavedAsAFileThatVerifies() throws Exception {
    EmbeddedEngine first = start(EngineConfig.of(dir(1)));
    first.waitReady(LONG);
    assertThatThrownBy(() -> first.admin().saveSnapshot(OutputStream.nullOutputStream()))
        .isInstanceOf(SnapshotFailedException.class)
        .hasMessageContaining("no snapshot");
    long revision = first.client().put("k", "v");

    Snapshot taken = patient(first).createSnapshot();
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    Snapshot saved = first.admin().saveSnapshot(out);

    assertThat(taken.index()).isGreaterThanOrEqualTo(revision);
    assertThat(saved).isEqualTo(taken);
    assertThat(out.size()).isEqualTo((int) saved.bytes());
    Path file = Files.write(folder.resolve("backup"), out.toByteArray());
    try (SnapshotFile backup = SnapshotFile.open(Disk.system(), file)) {
      backup.verify();
      assertThat(backup.clusterId()).isEqualTo(first.config().effectiveClusterId());
    }
  }

  /// A leader that was just elected first hears who answers.
  private static long removeOnceItHeardOthers(EmbeddedEngine leader, Integer... ids) {
    while (true) {
      try {
        return patient(leader).remove(List.of(ids));
      } catch (MembershipChangeRefusedException busy) {
        assertThat(busy.reason()).isEqualTo(Reason.CHANGE_IN_PROGRESS);
        Thread.onSpinWait();
      }
    }
  }

  private static Admin patient(EmbeddedEngine engine) {
    return engine.admin().withDeadline(LONG);
  }

  private BlockingQueue<ClusterMembership> watch(EmbeddedEngine engine) {
    BlockingQueue<ClusterMembership> told = new LinkedBlockingQueue<>();
    var _ = engine.admin().watchMembership(told::add);
    return told;
  }

  private static ClusterMembership await(
      BlockingQueue<ClusterMembership> told, Predicate<ClusterMembership> expected)
      throws InterruptedException {
    while (true) {
      ClusterMembership next = told.poll(60, TimeUnit.SECONDS);
      assertThat(next).isNotNull();
      if (expected.test(next)) {
        return next;
      }
    }
  }

  private static List<Integer> voters(ClusterMembership membership) {
    return membership.members().stream()
        .filter(member -> member.standing() == Standing.VOTER)
        .map(member -> member.id())
        .toList();
  }

  private EmbeddedEngine start(EngineConfig config) {
    EmbeddedEngine engine = EmbeddedEngine.start(config);
    synchronized (engines) {
      engines.add(engine);
    }
    return engine;
  }

  private EngineConfig alone(int id) {
    return EngineConfig.of(id, List.of(MemberAddress.voter(id, freeAddress())), dir(id));
  }

  private EngineConfig joining(int id, String seed) {
    return EngineConfig.joining(id, freeAddress(), Join.through(seed), dir(id));
  }

  private static String address(EmbeddedEngine engine) {
    return engine.config().self().address();
  }

  private Path dir(int id) {
    return folder.resolve("node-" + id);
  }

  private static String freeAddress() {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return "127.0.0.1:" + socket.getLocalPort();
    } catch (java.io.IOException e) {
      throw new AssertionError(e);
    }
  }
}
