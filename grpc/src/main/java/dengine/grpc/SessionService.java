package dengine.grpc;

import dengine.api.Leader;
import dengine.engine.spi.MetaStore;
import dengine.proto.v1.SessionGrpc.SessionImplBase;
import dengine.proto.v1.SessionRequest;
import dengine.proto.v1.SessionResponse;
import dengine.proto.v1.Welcome;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;

/// Opens the streams that `GrpcClient` speaks, and ends them when the server stops.
final class SessionService extends SessionImplBase {

  private final Deadlines deadlines;
  private final SessionCommands commands;
  private final MetaStore.Identity identity;
  private final ServiceOptions options;
  private final int maxRequestBytes;
  private final Executor network;
  private final Set<SessionStream> open = ConcurrentHashMap.newKeySet();
  private volatile boolean closing;

  SessionService(
      Deadlines deadlines,
      SessionCommands commands,
      MetaStore.Identity identity,
      ServiceOptions options,
      int maxRequestBytes,
      Executor network) {
    this.deadlines = deadlines;
    this.commands = commands;
    this.identity = identity;
    this.options = options;
    this.maxRequestBytes = maxRequestBytes;
    this.network = network;
  }

  @Override
  public StreamObserver<SessionRequest> open(StreamObserver<SessionResponse> caller) {
    if (!(caller instanceof ServerCallStreamObserver<SessionResponse> call)) {
      throw new IllegalStateException("not a server's stream: " + caller);
    }
    SessionStream session =
        new SessionStream(call, deadlines, commands, options, network, open::remove);
    open.add(session);
    CompletableFuture<Optional<Leader>> _ =
        deadlines
            .forCall()
            .leader()
            .whenComplete(
                (leader, failure) ->
                    session.welcome(welcome(failure == null ? leader : Optional.empty())));
    if (closing) {
      session.drain();
    }
    return session;
  }

  private Welcome welcome(Optional<Leader> leader) {
    Welcome.Builder welcome =
        Welcome.newBuilder()
            .setClusterId(identity.clusterId())
            .setNodeId(identity.nodeId())
            .setMaxInFlight(options.maxInFlight())
            .setMaxRequestBytes(maxRequestBytes)
            .setMaxValueBytes(options.maxValueBytes());
    leader.ifPresent(known -> welcome.setLeaderId(known.id()).setLeaderAddress(known.address()));
    return welcome.build();
  }

  /// Lets every session finish what is under way, refuse what comes, and end.
  void close() {
    closing = true;
    open.forEach(SessionStream::drain);
  }
}
