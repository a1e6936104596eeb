package dengine.grpc;

import com.google.protobuf.InvalidProtocolBufferException;
import dengine.api.ClusterUnavailableException;
import dengine.api.InvalidRequestException;
import dengine.api.MembershipChangeRefusedException;
import dengine.api.NewMember;
import dengine.proto.cluster.ClusterManagementServiceGrpc;
import dengine.proto.cluster.ClusterMembership;
import dengine.proto.cluster.JoinRequest;
import dengine.proto.cluster.JoinResponse;
import dengine.proto.cluster.MetadataRequest;
import dengine.proto.cluster.NodeMeta;
import dengine.proto.common.NodeRole;
import dengine.proto.error.ErrorCode;
import dengine.proto.v1.AdminGrpc;
import dengine.proto.v1.Failure;
import dengine.proto.v1.StatusRequest;
import io.grpc.Deadline;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;
import java.util.regex.Pattern;

/// How a new node finds its cluster and gets in. Asks one seed after the other, follows the hint to
/// the leader, and tries again until the deadline: with the node's incarnation in it, a request
/// that is made twice does no harm.
///
/// Used by the thread that starts the node, which it blocks.
public final class Joining {

  private static final System.Logger LOGGER = System.getLogger(Joining.class.getName());
  private static final Duration LONGEST_CALL = Duration.ofSeconds(5);
  private static final long FIRST_WAIT_MILLIS = 50;
  private static final int MAX_DOUBLINGS = 5;

  /// Whoever waits for a node to start wants to know soon what keeps it; nobody wants a line for
  /// each attempt. That the first one does not get in is ordinary, while a leader is elected or
  /// another node is taken in; that it goes on is a warning.
  private static final long NEWS_NANOS = TimeUnit.SECONDS.toNanos(5);

  /// What ends a line, or moves about in it.
  private static final Pattern OF_A_LINE = Pattern.compile("[\\p{Cntrl}\\u0085\\u2028\\u2029]+");

  private final List<String> seeds;
  private final long deadline;
  private String next;
  private int attempts;
  private String lastFailure = "";
  private long newsDue;

  /// What a member says about its cluster.
  ///
  /// @param clusterId the cluster's number
  /// @param leader who leads; 0 if the member that was asked knows nobody
  /// @param members where they are by their ids; empty for those whose address is not known
  public record Cluster(long clusterId, int leader, Map<Integer, String> members) {
    public Cluster {
      members = Map.copyOf(members);
    }
  }

  private Joining(List<String> seeds, Duration timeout) {
    if (seeds.isEmpty()) {
      throw new IllegalArgumentException("no member to ask, permitted: one host:port or more");
    }
    seeds.forEach(HostPort::parse);
    this.seeds = List.copyOf(seeds);
    this.next = seeds.getFirst();
    this.newsDue = System.nanoTime();
    this.deadline = newsDue + timeout.toNanos();
  }

  /// Asks which cluster the seeds belong to: a new node has to write that down before it does
  /// anything else.
  ///
  /// @param seeds `host:port` of members
  /// @throws ClusterUnavailableException if none answers in time; the message says why
  public static Cluster find(List<String> seeds, Duration timeout) {
    return new Joining(seeds, timeout).until("looking-for-cluster", Joining::ask);
  }

  /// Asks to be taken in, until it is done.
  ///
  /// @param seeds `host:port` of members
  /// @param clusterId the cluster that is meant; 0 for whichever the seeds belong to
  /// @param node its incarnation must be known
  /// @return the members, the new one among them
  /// @throws InvalidRequestException if the cluster refuses the node for good
  /// @throws MembershipChangeRefusedException if the cluster refuses because it would lose its
  ///     quorum
  /// @throws ClusterUnavailableException if nothing came of it in time; the message says why. The
  ///     node may have been taken in nevertheless, and asking again does no harm
  public static Cluster join(List<String> seeds, long clusterId, NewMember node, Duration timeout) {
    if (node.incarnation() == 0) {
      throw new IllegalArgumentException("incarnation = 0, permitted: what the disk says");
    }
    JoinRequest request =
        JoinRequest.newBuilder()
            .setNodeId(node.id())
            .setNodeRole(NodeRole.NODE_ROLE_LEARNER.getNumber())
            .setAddress(node.address())
            .setReadOnly(node.readOnly())
            .setIncarnation(node.incarnation())
            .setReplaces(node.replaces())
            .setClusterId(clusterId)
            .build();
    return new Joining(seeds, timeout)
        .until("joining", (channel, longest) -> ask(channel, request, longest));
  }

  private static Cluster ask(ManagedChannel channel, Deadline longest) {
    long clusterId =
        AdminGrpc.newBlockingStub(channel)
            .withDeadline(longest)
            .status(StatusRequest.getDefaultInstance())
            .getClusterId();
    ClusterMembership members =
        ClusterManagementServiceGrpc.newBlockingStub(channel)
            .withDeadline(longest)
            .getClusterMetadata(MetadataRequest.getDefaultInstance());
    return new Cluster(clusterId, members.getCurrentLeaderId(), addresses(members.getNodesList()));
  }

  private static Cluster ask(ManagedChannel channel, JoinRequest request, Deadline longest) {
    JoinResponse answer =
        ClusterManagementServiceGrpc.newBlockingStub(channel)
            .withDeadline(longest)
            .joinCluster(request);
    if (!answer.getSuccess()) {
      throw new InvalidRequestException(answer.getError());
    }
    return new Cluster(
        answer.getClusterId(), answer.getLeaderId(), addresses(answer.getConfig().getNodesList()));
  }

  private static Map<Integer, String> addresses(List<NodeMeta> nodes) {
    Map<Integer, String> addresses = new TreeMap<>();
    nodes.forEach(node -> addresses.put(node.getId(), node.getAddress()));
    return addresses;
  }

  private Cluster until(String event, BiFunction<ManagedChannel, Deadline, Cluster> question) {
    LOGGER.log(
        System.Logger.Level.INFO,
        "event={0} asked={1} longest_s={2}",
        event,
        String.join(",", seeds),
        secondsLeft());
    while (true) {
      String asked = next;
      // A channel for each attempt: names are looked up again, and nothing backs off by itself.
      ManagedChannel channel =
          NettyChannelBuilder.forTarget("dns:///" + asked)
              .usePlaintext()
              .proxyDetector(host -> null)
              .build();
      try {
        long left = Math.min(LONGEST_CALL.toNanos(), deadline - System.nanoTime());
        return question.apply(channel, Deadline.after(left, TimeUnit.NANOSECONDS));
      } catch (StatusRuntimeException refusal) {
        consider(asked, refusal);
      } finally {
        channel.shutdownNow();
      }
    }
  }

  /// Decides where to ask next, and waits for it.
  private void consider(String asked, StatusRuntimeException refusal) {
    attempts++;
    Failure failure = failure(refusal);
    String why = text(refusal.getStatus());
    // An attempt that only the end of the time ended says less than the one before it.
    if (lastFailure.isEmpty() || deadline - System.nanoTime() > 0) {
      lastFailure = asked + " said: " + why;
    }
    tell(asked, why);
    next = seeds.get(attempts % seeds.size());
    if (failure.getOutcome() == Failure.Outcome.OUTCOME_REJECTED) {
      switch (failure.getCode()) {
        case INVALID_REQUEST -> throw new InvalidRequestException(failure.getMessage());
        case PROPOSE_FAILED ->
            throw new MembershipChangeRefusedException(
                MembershipChangeRefusedException.Reason.WOULD_LOSE_QUORUM, failure.getMessage());
        case NOT_LEADER -> {
          String leader = failure.getMetadata().getLeaderAddress();
          if (!leader.isEmpty() && !leader.equals(asked)) {
            next = leader;
          }
        }
        default -> {}
      }
    }
    pause();
  }

  /// With what the network said, which a status has as its cause only. It goes into a line of the
  /// log, between quotes: what comes from elsewhere must end neither.
  static String text(Status status) {
    StringBuilder text = new StringBuilder(status.getCode().name());
    if (status.getDescription() != null) {
      text.append(' ').append(status.getDescription());
    }
    Throwable cause = status.getCause();
    if (cause != null && cause.getMessage() != null) {
      text.append(" (").append(cause.getMessage()).append(')');
    }
    return OF_A_LINE.matcher(text).replaceAll(" ").replace('"', '\'');
  }

  private void tell(String asked, String why) {
    long now = System.nanoTime();
    boolean due = now - newsDue >= 0;
    if (due) {
      newsDue = now + NEWS_NANOS;
    }
    System.Logger.Level news =
        attempts == 1 ? System.Logger.Level.INFO : System.Logger.Level.WARNING;
    LOGGER.log(
        due ? news : System.Logger.Level.DEBUG,
        "event=not-joined-yet asked={0} attempts={1} left_s={2} said=\"{3}\"",
        asked,
        String.valueOf(attempts),
        secondsLeft(),
        why);
  }

  private String secondsLeft() {
    return String.valueOf(
        Math.max(0, TimeUnit.NANOSECONDS.toSeconds(deadline - System.nanoTime())));
  }

  private static Failure failure(StatusRuntimeException refusal) {
    Metadata trailers = refusal.getTrailers();
    byte[] told = trailers == null ? null : trailers.get(Problem.FAILURE_TRAILER);
    if (told == null && refusal.getStatus().getCode() == Status.Code.INVALID_ARGUMENT) {
      return Failure.newBuilder()
          .setOutcome(Failure.Outcome.OUTCOME_REJECTED)
          .setCode(ErrorCode.INVALID_REQUEST)
          .setMessage(String.valueOf(refusal.getStatus().getDescription()))
          .build();
    }
    try {
      return told == null ? Failure.getDefaultInstance() : Failure.parseFrom(told);
    } catch (InvalidProtocolBufferException e) {
      return Failure.getDefaultInstance();
    }
  }

  private void pause() {
    long most = FIRST_WAIT_MILLIS << Math.min(attempts, MAX_DOUBLINGS);
    long wait = most / 2 + ThreadLocalRandom.current().nextLong(most / 2 + 1);
    if (System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(wait) - deadline > 0) {
      throw new ClusterUnavailableException(
          "no member of the cluster took the node in, asked " + seeds + "; " + lastFailure);
    }
    try {
      Thread.sleep(wait);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ClusterUnavailableException("interrupted while joining the cluster", e);
    }
  }
}
