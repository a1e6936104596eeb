package dengine.cli;

import dengine.proto.v1.AdminGrpc;
import dengine.proto.v1.StatusRequest;
import dengine.proto.v1.StatusResponse;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/// Asks nodes for their state over gRPC, each on a connection of its own: the answer must be the
/// node's that was asked, never another's.
final class StatusProbe {

  private StatusProbe() {}

  static List<NodeReport> ask(List<String> addresses, Duration timeout) {
    List<Future<NodeReport>> answers;
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      answers =
          addresses.stream().map(address -> threads.submit(() -> ask(address, timeout))).toList();
    }
    // Closing the executor has waited for all of them.
    return answers.stream().map(Future::resultNow).toList();
  }

  private static NodeReport ask(String address, Duration timeout) {
    ManagedChannel channel = NettyChannelBuilder.forTarget(address).usePlaintext().build();
    try {
      StatusResponse answer =
          AdminGrpc.newBlockingStub(channel)
              .withDeadlineAfter(timeout.toMillis(), TimeUnit.MILLISECONDS)
              .status(StatusRequest.getDefaultInstance());
      return answered(address, answer);
    } catch (StatusRuntimeException e) {
      return new NodeReport.Silent(address, reason(e.getStatus()));
    } finally {
      channel.shutdownNow();
    }
  }

  private static NodeReport answered(String address, StatusResponse answer) {
    return new NodeReport.Answered(
        address,
        answer.getId(),
        answer.getClusterId(),
        answer.getRole().name().replace("ROLE_", "").replace('_', '-').toLowerCase(Locale.ROOT),
        answer.getTerm(),
        answer.getLeaderId(),
        answer.getLastIndex(),
        answer.getCommitIndex(),
        answer.getAppliedIndex(),
        part(answer.getStanding()),
        answer.getPeersList().stream().map(StatusProbe::peer).toList(),
        interior(answer));
  }

  private static Optional<NodeReport.Interior> interior(StatusResponse answer) {
    if (answer.getFirstIndex() == 0) {
      return Optional.empty();
    }
    Optional<NodeReport.Kept> snapshot =
        answer.hasSnapshot() ? Optional.of(kept(answer.getSnapshot())) : Optional.empty();
    return Optional.of(
        new NodeReport.Interior(
            answer.getFirstIndex(),
            snapshot,
            answer.getCalls(),
            answer.getWatches(),
            answer.getRequests()));
  }

  private static NodeReport.Kept kept(StatusResponse.KeptSnapshot snapshot) {
    return new NodeReport.Kept(
        snapshot.getIndex(), snapshot.getBytes(), Duration.ofMillis(snapshot.getAgeMs()));
  }

  private static NodeReport.Part part(StatusResponse.Standing standing) {
    return switch (standing) {
      case STANDING_REMOVED -> NodeReport.Part.REMOVED;
      case STANDING_FOUNDING -> NodeReport.Part.FOUNDING;
      case STANDING_JOINING -> NodeReport.Part.JOINING;
      // A server that does not say is taken for a member, as before it could.
      case STANDING_MEMBER, STANDING_UNSPECIFIED, UNRECOGNIZED -> NodeReport.Part.MEMBER;
    };
  }

  private static NodeReport.Peer peer(StatusResponse.Peer peer) {
    return new NodeReport.Peer(peer.getId(), peer.getLag(), peer.getLastContactMs());
  }

  private static String reason(Status status) {
    if (isNotGrpc(status)) {
      return "answers, but not in gRPC: the address for HTTP?";
    }
    return switch (status.getCode()) {
      case DEADLINE_EXCEEDED -> "no answer in time";
      case UNAVAILABLE -> "no connection";
      case UNIMPLEMENTED -> "not a d-engine of this kind";
      default -> String.valueOf(status.getDescription());
    };
  }

  /// As Netty says it.
  private static boolean isNotGrpc(Status status) {
    Throwable cause = status.getCause();
    return cause != null
        && String.valueOf(cause.getMessage()).startsWith("First received frame was not SETTINGS");
  }
}
