package dengine.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dengine.api.Bytes;
import dengine.api.ClusterMember;
import dengine.api.ClusterMembership;
import dengine.api.ReadPolicy;
import dengine.embedded.EmbeddedEngine;
import dengine.embedded.EngineConfig;
import dengine.embedded.MemberAddress;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// A backup becomes a cluster of three, as docs/operating.md says.
@Timeout(120)
final class RestoredClusterTest {

  private static final Duration LONG = Duration.ofSeconds(60);

  @TempDir Path folder;
  private final Shell shell = new Shell();
  private final Map<Integer, EmbeddedEngine> engines = new TreeMap<>();
  private final List<MemberAddress> members =
      IntStream.rangeClosed(1, 3).mapToObj(id -> MemberAddress.voter(id, freeAddress())).toList();

  @AfterEach
  void stop() {
    engines.values().forEach(EmbeddedEngine::close);
  }

  @Test
  void aDiskOnWhichTheBackupIsRestoredAgainIsNoticed() throws Exception {
    // given: a restored cluster that has moved on, and n3's disk is lost
    Path backup = backup();
    for (int id = 1; id <= 3; id++) {
      restore(backup, id, "c" + id);
      start(id, "c" + id);
    }
    assertThat(engines.get(leader()).client().withDeadline(LONG).get("greeting")).isPresent();
    stop(3);
    EmbeddedEngine leader = engines.get(leader());
    BlockingQueue<ClusterMembership> told = new LinkedBlockingQueue<>();
    var _ = leader.admin().watchMembership(told::add);
    ClusterMembership before = await(told, now -> true);
    assertThat(before.members()).extracting(ClusterMember::incarnation).doesNotContain(0L);
    long revision = leader.client().withDeadline(LONG).put("after", "the restore");

    // when: the backup is restored once more
    restore(backup, 3, "c3-again");
    start(3, "c3-again");

    // then: it is a learner before it is a voter again
    long lost = incarnation(before);
    var _ = await(told, now -> standing(now) == ClusterMember.Standing.LEARNER);
    ClusterMembership after =
        await(told, now -> standing(now) == ClusterMember.Standing.VOTER && !now.isJoint());
    assertThat(incarnation(after)).isNotEqualTo(lost).isNotZero();
    EmbeddedEngine third = engines.get(3);
    while (third.node().appliedIndex() < revision) {
      Thread.onSpinWait();
    }
    assertThat(third.client().get(Bytes.of("after"), ReadPolicy.EVENTUAL)).isPresent();
  }

  private Path backup() throws IOException {
    Path backup = folder.resolve("backup.snap");
    try (EmbeddedEngine engine = EmbeddedEngine.start(folder.resolve("old"));
        OutputStream out = Files.newOutputStream(backup)) {
      engine.waitReady(LONG);
      engine.client().put("greeting", "hello");
      var _ = engine.admin().withDeadline(LONG).createSnapshot();
      var _ = engine.admin().saveSnapshot(out);
    }
    return backup;
  }

  private void restore(Path backup, int id, String directory) {
    String all =
        members.stream()
            .map(member -> member.id() + "=" + member.address())
            .collect(Collectors.joining(","));
    String[] command = {
      "snapshot",
      "restore",
      backup.toString(),
      "--dir",
      folder.resolve(directory).toString(),
      "--node-id",
      Integer.toString(id),
      "--members",
      all,
      "--cluster-id",
      "5eed"
    };
    assertThat(shell.run(command)).as(shell.err).isZero();
  }

  private void start(int id, String directory) {
    engines.put(
        id,
        EmbeddedEngine.start(
            EngineConfig.of(id, members, folder.resolve(directory)).withClusterId(0x5eed)));
  }

  private void stop(int id) {
    engines.remove(id).close();
  }

  private int leader() {
    while (true) {
      for (EmbeddedEngine engine : engines.values()) {
        if (engine.isLeader()) {
          return engine.nodeId();
        }
      }
      Thread.onSpinWait();
    }
  }

  private static ClusterMember.Standing standing(ClusterMembership membership) {
    return membership.member(3).orElseThrow().standing();
  }

  private static long incarnation(ClusterMembership membership) {
    return membership.member(3).orElseThrow().incarnation();
  }

  private static ClusterMembership await(
      BlockingQueue<ClusterMembership> told, Predicate<ClusterMembership> expected)
      throws InterruptedException {
    while (true) {
      ClusterMembership next = told.poll(LONG.toSeconds(), TimeUnit.SECONDS);
      assertThat(next).isNotNull();
      if (expected.test(next)) {
        return next;
      }
    }
  }

  private static String freeAddress() {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return "127.0.0.1:" + socket.getLocalPort();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
