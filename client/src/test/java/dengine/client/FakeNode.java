package dengine.client;

import com.google.protobuf.ByteString;
import dengine.proto.error.ErrorCode;
import dengine.proto.error.ErrorMetadata;
import dengine.proto.v1.Command;
import dengine.proto.v1.Failure;
import dengine.proto.v1.GetManyResult;
import dengine.proto.v1.GetResult;
import dengine.proto.v1.LeaderResult;
import dengine.proto.v1.MembersResult;
import dengine.proto.v1.Record;
import dengine.proto.v1.Reply;
import dengine.proto.v1.ScanResult;
import dengine.proto.v1.SessionGrpc.SessionImplBase;
import dengine.proto.v1.SessionRequest;
import dengine.proto.v1.SessionResponse;
import dengine.proto.v1.SwapResult;
import dengine.proto.v1.Welcome;
import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;

/// A server that speaks the session protocol without an engine behind it, and misbehaves on
/// request.
final class FakeNode implements AutoCloseable {

  static final int MAX_REQUEST_BYTES = 1 << 20;

  final int id;
  final Queue<Command> received = new ConcurrentLinkedQueue<>();
  final Queue<Integer> messageSizes = new ConcurrentLinkedQueue<>();
  final Queue<Integer> messageBytes = new ConcurrentLinkedQueue<>();

  /// How often a client opened a session.
  final AtomicInteger sessions = new AtomicInteger();

  /// What is done with a command; a reply without result means that none is sent.
  volatile Function<Command, Reply.Builder> behaviour = this::serve;

  /// Whether sessions end without a beginning of what arrives, as those of a server that stops.
  volatile boolean endsInGoodOrder;

  private final FakeCluster cluster;
  private int port;
  private Server server;

  FakeNode(int id, FakeCluster cluster) throws IOException {
    this.id = id;
    this.cluster = cluster;
    start();
  }

  void start() throws IOException {
    server =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), port))
            .addService(new Sessions())
            .build()
            .start();
    port = server.getPort();
  }

  /// Ends every connection at once, like a process that is killed.
  void kill() throws InterruptedException {
    server.shutdownNow();
    server.awaitTermination();
  }

  int port() {
    return port;
  }

  String address() {
    return "127.0.0.1:" + port;
  }

  @Override
  public void close() {
    server.shutdownNow();
  }

  /// What a healthy node does.
  Reply.Builder serve(Command command) {
    boolean eventual =
        command.getGet().hasPolicy() && command.getGet().getPolicy().getNumber() == 2;
    boolean anywhere = command.hasMembers() || command.hasLeader() || eventual;
    return anywhere || cluster.leader == id ? perform(command) : notLeader();
  }

  Reply.Builder notLeader() {
    ErrorMetadata.Builder hints = ErrorMetadata.newBuilder();
    FakeNode leader = cluster.nodes.get(cluster.leader);
    if (cluster.hints && leader != null) {
      hints.setLeaderId(Integer.toString(leader.id)).setLeaderAddress(cluster.advertised(leader));
    }
    return refusal(ErrorCode.NOT_LEADER, hints);
  }

  static Reply.Builder refusal(ErrorCode code, ErrorMetadata.Builder hints) {
    return Reply.newBuilder()
        .setFailure(
            Failure.newBuilder()
                .setOutcome(Failure.Outcome.OUTCOME_REJECTED)
                .setCode(code)
                .setMetadata(hints));
  }

  private Reply.Builder perform(Command command) {
    Map<ByteString, Record> store = cluster.store;
    synchronized (store) {
      return switch (command.getOperationCase()) {
        case PUT -> {
          write(command.getPut().getKey(), command.getPut().getValue());
          yield Reply.newBuilder().setRevision(cluster.revision);
        }
        case DELETE -> {
          store.remove(command.getDelete().getKey());
          yield Reply.newBuilder().setRevision(++cluster.revision);
        }
        case COMPARE_AND_SWAP -> swap(command);
        case GET -> Reply.newBuilder().setGet(get(command.getGet().getKey()));
        case GET_MANY -> {
          GetManyResult.Builder many = GetManyResult.newBuilder().setRevision(cluster.revision);
          for (ByteString key : command.getGetMany().getKeysList()) {
            GetManyResult.Slot.Builder slot = GetManyResult.Slot.newBuilder();
            if (store.containsKey(key)) {
              slot.setRecord(store.get(key));
            }
            many.addSlots(slot);
          }
          yield Reply.newBuilder().setGetMany(many);
        }
        case SCAN ->
            Reply.newBuilder()
                .setScan(
                    ScanResult.newBuilder()
                        .setRevision(cluster.revision)
                        .addAllRecords(store.values())
                        .setNext(ByteString.copyFromUtf8("next")));
        case MEMBERS -> {
          MembersResult.Builder members = MembersResult.newBuilder();
          cluster.nodes.forEach(
              (number, node) ->
                  members.addMembers(
                      MembersResult.Member.newBuilder()
                          .setId(number)
                          .setAddress(cluster.advertised(node))
                          .setRole(3)));
          yield Reply.newBuilder().setMembers(members);
        }
        case LEADER ->
            Reply.newBuilder().setLeader(LeaderResult.newBuilder().setId(cluster.leader));
        case OPERATION_NOT_SET -> throw new AssertionError("a command without operation");
      };
    }
  }

  private GetResult.Builder get(ByteString key) {
    GetResult.Builder result = GetResult.newBuilder();
    Record record = cluster.store.get(key);
    if (record != null) {
      result.setRecord(record);
    }
    return result;
  }

  private Reply.Builder swap(Command command) {
    var swap = command.getCompareAndSwap();
    Record present = cluster.store.get(swap.getKey());
    boolean matches =
        swap.hasExpected()
            ? present != null && present.getValue().equals(swap.getExpected())
            : present == null;
    if (matches) {
      write(swap.getKey(), swap.getValue());
    } else {
      cluster.revision++;
    }
    return Reply.newBuilder()
        .setSwap(SwapResult.newBuilder().setSucceeded(matches).setRevision(cluster.revision));
  }

  private void write(ByteString key, ByteString value) {
    cluster.revision++;
    cluster.store.put(
        key,
        Record.newBuilder()
            .setKey(key)
            .setValue(value)
            .setCreateRevision(cluster.revision)
            .setModRevision(cluster.revision)
            .setVersion(1)
            .build());
  }

  private final class Sessions extends SessionImplBase {
    @Override
    public StreamObserver<SessionRequest> open(StreamObserver<SessionResponse> caller) {
      sessions.incrementAndGet();
      caller.onNext(
          SessionResponse.newBuilder()
              .setWelcome(
                  Welcome.newBuilder()
                      .setClusterId(cluster.id)
                      .setNodeId(id)
                      .setMaxInFlight(1000)
                      .setMaxRequestBytes(MAX_REQUEST_BYTES)
                      .setMaxValueBytes(cluster.maxValueBytes))
              .build());
      return new StreamObserver<>() {
        @Override
        public void onNext(SessionRequest request) {
          answer(request, caller);
        }

        @Override
        public void onError(Throwable failure) {}

        @Override
        public void onCompleted() {
          caller.onCompleted();
        }
      };
    }

    private void answer(SessionRequest request, StreamObserver<SessionResponse> caller) {
      if (endsInGoodOrder && request.getCommandsCount() > 0) {
        caller.onCompleted();
        return;
      }
      SessionResponse.Builder response = SessionResponse.newBuilder().setPong(request.getPing());
      messageSizes.add(request.getCommandsCount());
      messageBytes.add(request.getSerializedSize());
      for (Command command : request.getCommandsList()) {
        // Asked in the background, at times that no test knows.
        boolean discovery = command.hasMembers();
        if (!discovery) {
          received.add(command);
        }
        Reply.Builder reply = discovery ? serve(command) : behaviour.apply(command);
        if (reply.getResultCase() != Reply.ResultCase.RESULT_NOT_SET) {
          response.addReplies(reply.setId(command.getId()));
        }
      }
      if (response.getPong() != 0 || response.getRepliesCount() > 0) {
        caller.onNext(response.build());
      }
    }
  }
}
