package dengine.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dengine.api.ClusterMember;
import dengine.api.ClusterMember.Standing;
import dengine.api.ClusterUnavailableException;
import dengine.api.InvalidRequestException;
import dengine.api.MembershipChangeRefusedException;
import dengine.api.MembershipChangeRefusedException.Reason;
import dengine.api.NewMember;
import dengine.api.OutcomeUnknownException;
import dengine.proto.cluster.ClusterManagementServiceGrpc;
import dengine.proto.cluster.JoinRequest;
import dengine.proto.cluster.JoinResponse;
import dengine.proto.common.NodeRole;
import dengine.proto.common.NodeStatus;
import io.grpc.Status;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// A node asks to be taken in: node 1 leads, node 2 does not.
@Timeout(60)
final class JoinTest {

  private static final Duration LONG = Duration.ofSeconds(30);
  private static final NewMember NODE_9 = new NewMember(9, "127.0.0.1:9089", false, 77, 0);

  private Served leader;
  private Served follower;

  @BeforeEach
  void serve() throws Exception {
    leader = new Served(ServiceOptions.DEFAULT);
    follower = new Served(2, ServiceOptions.DEFAULT);
    for (Served node : List.of(leader, follower)) {
      node.admin.put(1, leader.transport.address(), Standing.VOTER, false, 11);
      node.admin.put(2, follower.transport.address(), Standing.VOTER, false, 12);
    }
  }

  @AfterEach
  void stop() {
    leader.close();
    follower.close();
  }

  @Test
  void anyMemberTakesANodeInByAskingTheLeader() {
    Joining.Cluster joined = join(follower, NODE_9);

    assertThat(leader.admin.asked).containsExactly("add " + NODE_9);
    assertThat(follower.admin.asked).isEmpty();
    assertThat(joined.clusterId()).isEqualTo(7);
    assertThat(joined.leader()).isEqualTo(1);
    assertThat(joined.members())
        .containsEntry(9, "127.0.0.1:9089")
        .containsEntry(1, leader.transport.address());
  }

  @Test
  void aRequestIsForwardedOnceAndNeverGoesRound() {
    // Each takes the other for the leader.
    leader.admin.leader = 2;

    assertThatThrownBy(() -> Joining.join(seeds(follower), 7, NODE_9, Duration.ofSeconds(4)))
        .isInstanceOf(ClusterUnavailableException.class)
        .hasMessageContaining("does not lead");
    assertThat(leader.admin.asked).isEmpty();
  }

  @Test
  void aSeedThatIsDeadIsPassedOver() throws Exception {
    String dead;
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      dead = "127.0.0.1:" + socket.getLocalPort();
    }

    Joining.Cluster found = Joining.find(List.of(dead, follower.transport.address()), LONG);
    Joining.Cluster joined =
        Joining.join(List.of(dead, leader.transport.address()), found.clusterId(), NODE_9, LONG);

    assertThat(found.clusterId()).isEqualTo(7);
    assertThat(found.members()).hasSize(3);
    assertThat(joined.members()).hasSize(4);
  }

  @Test
  void whoWaitsIsToldAtOnceWhomItAsksAndWhatTheySaid() throws Exception {
    String dead;
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      dead = "127.0.0.1:" + socket.getLocalPort();
    }
    List<String> lines = new CopyOnWriteArrayList<>();
    Logger log = Logger.getLogger(Joining.class.getName());
    Handler listener = listener(lines);
    log.addHandler(listener);
    try {
      assertThatThrownBy(() -> Joining.find(List.of(dead), Duration.ofSeconds(4)))
          .isInstanceOf(ClusterUnavailableException.class)
          .hasMessageContaining("Connection refused");
    } finally {
      log.removeHandler(listener);
    }

    // Several attempts were made; a line for each would be too many.
    assertThat(lines).hasSize(2);
    assertThat(lines.get(0))
        .isEqualTo("INFO event=looking-for-cluster asked=" + dead + " longest_s=3");
    assertThat(lines.get(1))
        .startsWith("INFO event=not-joined-yet asked=" + dead + " attempts=1 left_s=")
        .contains("Connection refused");
  }

  @Test
  void whatAStatusSaysFitsBetweenTheQuotesOfOneLine() {
    assertThat(Joining.text(Status.UNAVAILABLE)).isEqualTo("UNAVAILABLE");
    assertThat(Joining.text(Status.UNAVAILABLE.withCause(new IOException())))
        .isEqualTo("UNAVAILABLE");
    assertThat(
            Joining.text(
                Status.INTERNAL
                    .withDescription("no \"such\"\r\nevent=forged\u2028x")
                    .withCause(new IOException("gone\n"))))
        .isEqualTo("INTERNAL no 'such' event=forged x (gone )");
  }

  private static Handler listener(List<String> lines) {
    return new Handler() {
      @Override
      public void publish(LogRecord line) {
        lines.add(line.getLevel() + " " + new SimpleFormatter().formatMessage(line));
      }

      @Override
      public void flush() {}

      @Override
      public void close() {}
    };
  }

  @Test
  void whatMayPassIsAskedForAgainAndDoneOnce() {
    leader.admin.failure = new OutcomeUnknownException("too late");
    var _ = join(leader, NODE_9);
    leader.admin.failure =
        new MembershipChangeRefusedException(Reason.CHANGE_IN_PROGRESS, "another change");
    var _ = join(leader, new NewMember(8, "127.0.0.1:9088", true, 78, 0));

    assertThat(leader.admin.asked).hasSize(4);
    assertThat(leader.admin.listMembers().member(8)).map(ClusterMember::readOnly).contains(true);
  }

  @Test
  void whatIsRefusedForGoodEndsAtOnce() {
    leader.admin.failure =
        new MembershipChangeRefusedException(Reason.WOULD_LOSE_QUORUM, "2 of 3 are away");

    assertThatThrownBy(() -> join(leader, NODE_9))
        .isInstanceOf(MembershipChangeRefusedException.class)
        .hasMessage("2 of 3 are away");
    assertThatThrownBy(() -> Joining.join(seeds(follower), 8, NODE_9, LONG))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageContaining("cluster_id = 8, permitted: 7");
  }

  @Test
  void aMemberThatAsksAgainIsTakenForWhatItIs() {
    var _ = join(leader, NODE_9);

    var _ = join(follower, NODE_9);
    var _ = join(follower, new NewMember(9, "127.0.0.1:9099", false, 77, 0));
    var _ = join(follower, new NewMember(9, "127.0.0.1:9089", false, 78, 0));

    assertThat(leader.admin.asked)
        .containsExactly(
            "add " + NODE_9,
            "readdress 9 127.0.0.1:9099",
            "add " + new NewMember(9, "127.0.0.1:9089", false, 78, 0));
  }

  @Test
  void whatAnOperatorSaidBeforeTheNodeCameCounts() {
    leader.admin.add(new NewMember(9, "127.0.0.1:9089", false, 0, 2));

    var _ = join(follower, NODE_9);

    assertThat(leader.admin.listMembers().member(9))
        .hasValueSatisfying(
            member -> {
              assertThat(member.replaces()).isEqualTo(2);
              assertThat(member.incarnation()).isEqualTo(77);
            });
  }

  @Test
  void aNodeThatSpeaksTheOriginalsProtocolJoins() {
    var original = ClusterManagementServiceGrpc.newBlockingStub(follower.channel);
    JoinRequest request =
        JoinRequest.newBuilder()
            .setNodeId(5)
            .setNodeRole(NodeRole.NODE_ROLE_LEARNER.getNumber())
            .setAddress("127.0.0.1:9085")
            .setStatus(NodeStatus.NODE_STATUS_READ_ONLY)
            .build();

    JoinResponse answer = original.joinCluster(request);

    assertThat(answer.getSuccess()).isTrue();
    assertThat(answer.getLeaderId()).isEqualTo(1);
    assertThat(answer.getConfigVersion()).isEqualTo(1);
    assertThat(answer.getConfig().getNodes(3).getStatus())
        .isEqualTo(NodeStatus.NODE_STATUS_READ_ONLY);
    assertThatThrownBy(() -> original.joinCluster(request))
        .hasMessageContaining("INVALID_ARGUMENT: node 5 is a member already");
    assertThatThrownBy(() -> original.joinCluster(request.toBuilder().setNodeRole(1).build()))
        .hasMessageContaining("node_role = 1, permitted: 4 (learner)");
  }

  @Test
  void aNodeWithoutIncarnationOrSeedsIsToldSo() {
    NewMember unknown = new NewMember(9, "127.0.0.1:9089", false, 0, 0);

    assertThatThrownBy(() -> join(leader, unknown)).hasMessageContaining("incarnation = 0");
    assertThatThrownBy(() -> Joining.find(List.of(), LONG)).hasMessageContaining("no member");
    assertThatThrownBy(() -> Joining.find(List.of("nowhere"), LONG))
        .hasMessageContaining("permitted: host:port");
  }

  @Test
  void addressesOfWhichNothingIsKnownAreEmpty() {
    leader.admin.put(4, "", Standing.VOTER, false, 0);

    assertThat(Joining.find(seeds(leader), LONG).members())
        .isEqualTo(
            Map.of(
                1,
                leader.transport.address(),
                2,
                follower.transport.address(),
                3,
                "127.0.0.1:9083",
                4,
                ""));
  }

  private static Joining.Cluster join(Served at, NewMember node) {
    return Joining.join(seeds(at), 7, node, LONG);
  }

  private static List<String> seeds(Served... nodes) {
    return List.of(nodes).stream().map(node -> node.transport.address()).toList();
  }
}
