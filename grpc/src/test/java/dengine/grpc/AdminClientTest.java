package dengine.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dengine.api.Admin;
import dengine.api.ClosedException;
import dengine.api.ClusterMember;
import dengine.api.ClusterMember.Standing;
import dengine.api.ClusterMembership;
import dengine.api.ClusterUnavailableException;
import dengine.api.InvalidRequestException;
import dengine.api.MembershipChangeRefusedException;
import dengine.api.MembershipChangeRefusedException.Reason;
import dengine.api.NewMember;
import dengine.api.NotLeaderException;
import dengine.api.OutcomeUnknownException;
import dengine.api.Replacement;
import dengine.api.Snapshot;
import dengine.api.SnapshotFailedException;
import dengine.client.GrpcClient;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// An operator's client and the services against each other, over sockets: node 1 leads, node 2
/// does not.
@Timeout(60)
final class AdminClientTest {

  private Served leader;
  private Served follower;
  private GrpcClient client;
  private Admin admin;

  @BeforeEach
  void serve() throws Exception {
    leader = new Served(ServiceOptions.DEFAULT);
    follower = new Served(2, ServiceOptions.DEFAULT);
    follower.store.failsAlways = true;
    follower.store.failure = new NotLeaderException(1, leader.transport.address());
    for (Served each : List.of(leader, follower)) {
      each.admin.put(1, leader.transport.address(), Standing.VOTER, false, 0);
      each.admin.put(2, follower.transport.address(), Standing.VOTER, false, 0);
    }
    client = connect(leader.transport.address() + "," + follower.transport.address());
    admin = client.admin();
  }

  private static GrpcClient connect(String endpoints) {
    return GrpcClient.builder(endpoints).deadline(Duration.ofSeconds(30)).connect();
  }

  @AfterEach
  void stop() {
    client.close();
    leader.close();
    follower.close();
  }

  @Test
  void everyOperationReachesTheEngineAndComesBack() {
    // Then the client knows who leads.
    client.put("k", "v");

    assertThat(admin.addLearner(4, "h:4", true)).isEqualTo(1);
    assertThat(admin.promote(List.of(4, 3))).isEqualTo(2);
    assertThat(admin.demote(2)).isEqualTo(3);
    assertThat(admin.remove(List.of(2, 3))).isEqualTo(4);
    assertThat(admin.readdress(1, "h:1")).isEqualTo(5);
    admin.transferLeadership(1);
    assertThat(admin.createSnapshot()).isEqualTo(new Snapshot(1, 90, 3, 0, 1234));
    ClusterMembership members = admin.listMembers();

    assertThat(leader.admin.asked)
        .containsExactly(
            "add " + new NewMember(4, "h:4", true, 0, 0),
            "promote [4, 3]",
            "demote 2",
            "remove [2, 3]",
            "readdress 1 h:1",
            "transfer 1",
            "snapshot");
    assertThat(follower.admin.asked).isEmpty();
    assertThat(members).isEqualTo(leader.admin.listMembers());
    assertThat(members.member(1).orElseThrow().lag()).isEqualTo(OptionalLong.of(10));
    assertThat(members.member(1).orElseThrow().silentMillis()).hasValue(1);
    assertThat(members.member(4)).map(ClusterMember::standing).contains(Standing.LEARNER);
  }

  @Test
  void aRefusalThatNamesTheLeaderIsFollowed() {
    try (GrpcClient knowsTheFollowerOnly = connect(follower.transport.address())) {
      follower.admin.leader = 2; // as it believes
      follower.admin.failure = new NotLeaderException(1, leader.transport.address());

      assertThat(knowsTheFollowerOnly.admin().demote(3)).isEqualTo(1);
    }

    assertThat(follower.admin.asked).containsExactly("demote 3");
    assertThat(leader.admin.asked).containsExactly("demote 3");
  }

  @Test
  void whatAnyNodeCouldDoIsAskedOfTheLeader() {
    leader.admin.addLearner(4, "h:4", true);
    try (GrpcClient knowsTheFollowerOnly = connect(follower.transport.address())) {
      assertThat(knowsTheFollowerOnly.admin().listMembers()).isEqualTo(leader.admin.listMembers());
      var _ = knowsTheFollowerOnly.admin().createSnapshot();
    }

    assertThat(leader.admin.asked).contains("snapshot");
    assertThat(follower.admin.asked).isEmpty();
  }

  @Test
  void aServerThatKnowsNoLeaderIsNotBelievedIfAnotherKnowsOne() {
    follower.admin.leader = 0;
    leader.admin.addLearner(4, "h:4", true);
    try (GrpcClient fresh =
        connect(follower.transport.address() + "," + leader.transport.address())) {
      for (int i = 0; i < 10; i++) {
        assertThat(fresh.admin().listMembers()).isEqualTo(leader.admin.listMembers());
      }
    }
  }

  @Test
  void aServerThatKnowsNoLeaderAnswersIfNobodyKnowsOne() {
    follower.admin.leader = 0;
    leader.admin.leader = 0;

    assertThat(admin.listMembers().members()).hasSize(3);
  }

  @Test
  void ifTheLeaderCannotBeReachedAnotherAnswers() {
    leader.close();

    assertThat(admin.listMembers()).isEqualTo(follower.admin.listMembers());
  }

  @Test
  void whatIsRefusedForAMomentIsAskedForAgain() {
    leader.admin.failure = new MembershipChangeRefusedException(Reason.CHANGE_IN_PROGRESS, "busy");
    client.put("k", "v");

    assertThat(admin.demote(3)).isEqualTo(1);

    assertThat(leader.admin.asked).containsExactly("demote 3", "demote 3");
  }

  @Test
  void whatIsRefusedUntilTheDeadlineSaysWhyItWas() {
    leader.admin.failsAlways = true;
    follower.admin.failsAlways = true;
    leader.admin.failure = new MembershipChangeRefusedException(Reason.CHANGE_IN_PROGRESS, "busy");
    follower.admin.failure = leader.admin.failure;
    Admin impatient = admin.withDeadline(Duration.ofMillis(300));

    assertThatThrownBy(() -> impatient.demote(3))
        .isInstanceOf(MembershipChangeRefusedException.class)
        .hasMessage("busy");
    leader.admin.failure = new NotLeaderException(0, "");
    follower.admin.failure = leader.admin.failure;
    assertThatThrownBy(() -> impatient.demote(3))
        .isInstanceOf(ClusterUnavailableException.class)
        .hasMessageContaining("no server did it within 300 ms", "knows no leader");
  }

  @Test
  void whatIsRefusedForGoodIsThrownAsItIs() {
    client.put("k", "v");
    leader.admin.failure =
        new MembershipChangeRefusedException(Reason.WOULD_LOSE_QUORUM, "1 of 3 would be left");
    assertThatThrownBy(() -> admin.remove(List.of(2)))
        .isInstanceOfSatisfying(
            MembershipChangeRefusedException.class,
            refusal -> assertThat(refusal.reason()).isEqualTo(Reason.WOULD_LOSE_QUORUM));
    leader.admin.failure = new InvalidRequestException("node 9 is no member");
    assertThatThrownBy(() -> admin.demote(9))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessage("node 9 is no member");
    assertThatThrownBy(() -> admin.remove(List.of())).hasMessageContaining("ids = none");

    assertThat(leader.admin.asked).hasSize(2);
  }

  @Test
  void aChangeThatMayHaveBegunIsNeverAskedForAgain() {
    leader.admin.failure = new OutcomeUnknownException("leadership was lost");
    client.put("k", "v");

    assertThatThrownBy(() -> admin.demote(3)).isInstanceOf(OutcomeUnknownException.class);

    assertThat(leader.admin.asked).containsExactly("demote 3");
    assertThat(follower.admin.asked).isEmpty();
  }

  @Test
  void aChangeWhoseServerDiesMeanwhileHasAnUnknownOutcome() throws Exception {
    leader.admin.gate = new CountDownLatch(1);
    client.put("k", "v");
    CompletableFuture<Long> change =
        CompletableFuture.supplyAsync(() -> admin.demote(3), Thread::startVirtualThread);
    leader.admin.awaitAsked();

    leader.transport.close();

    assertThatThrownBy(() -> change.get(20, TimeUnit.SECONDS))
        .hasCauseInstanceOf(OutcomeUnknownException.class);
    assertThat(follower.admin.asked).isEmpty();
    leader.admin.gate.countDown();
  }

  @Test
  void aServerThatCannotBeReachedIsNoUnknownOutcome() throws Exception {
    String dead;
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      dead = "127.0.0.1:" + socket.getLocalPort();
    }
    try (GrpcClient halfDead = connect(dead + "," + leader.transport.address());
        GrpcClient allDead = connect(dead)) {

      assertThat(halfDead.admin().demote(3)).isEqualTo(1);
      assertThatThrownBy(() -> allDead.admin().withDeadline(Duration.ofMillis(300)).demote(3))
          .isInstanceOf(ClusterUnavailableException.class);
    }
  }

  @Test
  void aReplacementIsOverWhenTheNewNodeHasTheVoteAndTheOldOneIsGone() throws Exception {
    client.put("k", "v");
    CompletableFuture<Replacement> replacing =
        CompletableFuture.supplyAsync(() -> admin.replace(2, 9, "h:9"), Thread::startVirtualThread);
    leader.admin.awaitAsked();
    assertThat(leader.admin.asked).containsExactly("add " + new NewMember(9, "h:9", false, 0, 2));

    for (FakeAdmin each : List.of(leader.admin, follower.admin)) {
      each.put(9, "h:9", Standing.VOTER, false, 5);
      each.remove(List.of(2));
    }

    Replacement done = replacing.get(20, TimeUnit.SECONDS);
    assertThat(done.complete()).isTrue();
    assertThat(done.membership().member(2)).isEmpty();
  }

  @Test
  void aReplacementThatTakesLongerGoesOn() {
    client.put("k", "v");

    Replacement going = admin.withDeadline(Duration.ofMillis(500)).replace(2, 9, "h:9");

    assertThat(going.complete()).isFalse();
    assertThatThrownBy(() -> admin.replace(0, 9, "h:9")).hasMessageContaining("old id = 0");
    assertThatThrownBy(() -> admin.replace(9, 9, "h:9")).hasMessageContaining("replaces = 9");
  }

  @Test
  void aWatchGoesOnAtAnotherNodeAndNeverTellsWhatIsOlder() throws Exception {
    BlockingQueue<Long> told = new LinkedBlockingQueue<>();
    client.put("k", "v");
    Admin.Watching watching = admin.watchMembership(now -> told.add(now.index()));
    assertThat(told.poll(20, TimeUnit.SECONDS)).isZero();
    leader.admin.demote(3);
    leader.admin.demote(3);
    leader.admin.demote(3);
    assertThat(told.poll(20, TimeUnit.SECONDS)).isEqualTo(1);
    assertThat(told.poll(20, TimeUnit.SECONDS)).isEqualTo(2);
    assertThat(told.poll(20, TimeUnit.SECONDS)).isEqualTo(3);
    // The other node knows the first of the three.
    follower.admin.demote(3);

    leader.close();
    follower.admin.awaitListener();
    follower.admin.demote(3);
    follower.admin.demote(3);
    follower.admin.demote(3);

    assertThat(told.poll(20, TimeUnit.SECONDS)).isEqualTo(4);
    watching.close();
    assertThat(told).isEmpty();
  }

  @Test
  void aListenerIsNotCalledOnceItsWatchIsClosed() throws Exception {
    BlockingQueue<Long> told = new LinkedBlockingQueue<>();
    Admin.Watching watching = admin.watchMembership(now -> told.add(now.index()));
    assertThat(told.poll(20, TimeUnit.SECONDS)).isZero();

    watching.close();
    watching.close();
    leader.admin.demote(3);
    follower.admin.demote(3);

    assertThat(told).isEmpty();
  }

  @Test
  void aSnapshotIsSavedAsItIs() throws Exception {
    leader.admin.file = new byte[3 * PieceStream.PIECE_BYTES + 5];
    new Random(5).nextBytes(leader.admin.file);
    client.put("k", "v");
    ByteArrayOutputStream out = new ByteArrayOutputStream();

    Snapshot saved = admin.saveSnapshot(out);

    assertThat(saved.bytes()).isEqualTo(leader.admin.file.length);
    assertThat(out.toByteArray()).isEqualTo(leader.admin.file);
  }

  @Test
  void aSnapshotThatBreaksOffIsNotBegunAgainInTheMiddle() {
    client.put("k", "v");
    leader.admin.file = new byte[3 * PieceStream.PIECE_BYTES];
    leader.admin.damage = new IllegalStateException("a bug");
    ByteArrayOutputStream out = new ByteArrayOutputStream();

    assertThatThrownBy(() -> admin.saveSnapshot(out))
        .isInstanceOf(SnapshotFailedException.class)
        .hasMessageContaining("broke off after " + leader.admin.file.length + " bytes");
    leader.admin.damage = new SnapshotFailedException("block 3 does not check");
    assertThatThrownBy(() -> admin.saveSnapshot(out))
        .isInstanceOf(SnapshotFailedException.class)
        .hasMessage("block 3 does not check");

    assertThat(leader.admin.asked).containsExactly("save", "save");
  }

  @Test
  void aFullDiskOfTheOperatorIsHisOwn() {
    leader.admin.file = new byte[100];
    follower.admin.file = new byte[100];
    OutputStream full =
        new OutputStream() {
          @Override
          public void write(int oneByte) throws IOException {
            throw new IOException("No space left on device");
          }
        };

    assertThatThrownBy(() -> admin.saveSnapshot(full))
        .isInstanceOf(IOException.class)
        .hasMessage("No space left on device");
  }

  @Test
  void aClosedClientSaysSo() {
    client.close();

    assertThatThrownBy(() -> admin.demote(3)).isInstanceOf(ClosedException.class);
    assertThatThrownBy(admin::listMembers).isInstanceOf(ClosedException.class);
  }
}
