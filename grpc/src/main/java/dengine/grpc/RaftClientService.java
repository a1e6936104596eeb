package dengine.grpc;

import com.google.protobuf.ByteString;
import dengine.api.AsyncClient;
import dengine.api.Bytes;
import dengine.api.InvalidRequestException;
import dengine.api.KeyValue;
import dengine.api.Page;
import dengine.api.ReadPolicy;
import dengine.api.Scan;
import dengine.api.Swap;
import dengine.api.Values;
import dengine.api.Watch;
import dengine.api.WatchOptions;
import dengine.proto.client.ClientReadRequest;
import dengine.proto.client.ClientResponse;
import dengine.proto.client.ClientResult;
import dengine.proto.client.ClientWriteRequest;
import dengine.proto.client.KvEntry;
import dengine.proto.client.MembershipSnapshot;
import dengine.proto.client.RaftClientServiceGrpc.RaftClientServiceImplBase;
import dengine.proto.client.ReadResults;
import dengine.proto.client.ScanRequest;
import dengine.proto.client.ScanResponse;
import dengine.proto.client.WatchMembershipRequest;
import dengine.proto.client.WatchRequest;
import dengine.proto.client.WatchResponse;
import dengine.proto.client.WriteCommand;
import dengine.proto.client.WriteResult;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/// The original's client service. Handlers start an operation and return; they never block.
final class RaftClientService extends RaftClientServiceImplBase {

  private final Deadlines deadlines;
  private final Reads reads;
  private final Answers answers;
  private final AdminCalls calls;
  private final WatchCalls watches;

  RaftClientService(
      Deadlines deadlines, Reads reads, Answers answers, AdminCalls calls, WatchCalls watches) {
    this.deadlines = deadlines;
    this.reads = reads;
    this.answers = answers;
    this.calls = calls;
    this.watches = watches;
  }

  @Override
  public void handleClientWrite(ClientWriteRequest request, StreamObserver<ClientResponse> caller) {
    WriteCommand command = request.getCommand();
    AsyncClient client = deadlines.forCall();
    answers.answer(
        caller,
        () -> write(client, command),
        RaftClientService::written,
        RaftClientService::failed);
  }

  private static CompletableFuture<Swap> write(AsyncClient client, WriteCommand command) {
    return switch (command.getOperationCase()) {
      case INSERT -> always(insert(client, command.getInsert()));
      case DELETE -> always(client.delete(Reads.bytes(command.getDelete().getKey())));
      case COMPARE_AND_SWAP -> {
        WriteCommand.CompareAndSwap swap = command.getCompareAndSwap();
        Optional<Bytes> expected =
            swap.hasExpectedValue()
                ? Optional.of(Reads.bytes(swap.getExpectedValue()))
                : Optional.empty();
        yield client.compareAndSwap(
            Reads.bytes(swap.getKey()), expected, Reads.bytes(swap.getNewValue()));
      }
      case OPERATION_NOT_SET ->
          throw new InvalidRequestException(
              "command.operation", "absent", "insert, delete or compare_and_swap");
    };
  }

  private static CompletableFuture<Long> insert(AsyncClient client, WriteCommand.Insert insert) {
    Bytes key = Reads.bytes(insert.getKey());
    Bytes value = Reads.bytes(insert.getValue());
    return insert.getTtlSecs() == 0
        ? client.put(key, value)
        : client.put(key, value, Reads.ttl(Duration.ofSeconds(insert.getTtlSecs())));
  }

  private static CompletableFuture<Swap> always(CompletableFuture<Long> write) {
    return write.thenApply(revision -> new Swap(true, revision));
  }

  private static ClientResponse written(Swap outcome) {
    return ClientResponse.newBuilder()
        .setWriteResult(
            WriteResult.newBuilder()
                .setSucceeded(outcome.succeeded())
                .setRevision(outcome.revision()))
        .build();
  }

  private static ClientResponse failed(Problem problem) {
    return ClientResponse.newBuilder()
        .setError(problem.code())
        .setMetadata(problem.metadata())
        .build();
  }

  @Override
  public void handleClientRead(ClientReadRequest request, StreamObserver<ClientResponse> caller) {
    AsyncClient client = deadlines.forCall();
    ReadPolicy policy =
        reads.policy(request.hasConsistencyPolicy(), request.getConsistencyPolicy());
    answers.answer(
        caller,
        () -> read(client, request, policy),
        RaftClientService::found,
        RaftClientService::failed);
  }

  private static CompletableFuture<Values> read(
      AsyncClient client, ClientReadRequest request, ReadPolicy policy) {
    if (request.getKeysCount() == 0) {
      throw new InvalidRequestException("keys", "none", "one or more");
    }
    return client.getMany(Reads.keys(request.getKeysList()), policy);
  }

  /// Only keys that exist are told; clients of the original align them by key.
  private static ClientResponse found(Values values) {
    ReadResults.Builder results = ReadResults.newBuilder().setRevision(values.revision());
    for (Optional<KeyValue> value : values.values()) {
      value.ifPresent(
          record ->
              results.addResults(
                  ClientResult.newBuilder()
                      .setKey(Reads.wire(record.key()))
                      .setValue(Reads.wire(record.value()))
                      .setCreateRevision(record.createRevision())
                      .setModRevision(record.modRevision())
                      .setVersion(record.version())));
    }
    return ClientResponse.newBuilder().setReadData(results).build();
  }

  @Override
  public void handleClientScan(ScanRequest request, StreamObserver<ScanResponse> caller) {
    AsyncClient client = deadlines.forCall();
    boolean knowsPages = request.getLimit() != 0 || request.hasFrom();
    answers.answer(
        caller,
        () -> client.scan(scan(request)).thenApply(page -> whole(page, knowsPages)),
        RaftClientService::scanned);
  }

  private Scan scan(ScanRequest request) {
    Optional<ByteString> from =
        request.hasFrom() ? Optional.of(request.getFrom()) : Optional.empty();
    return Reads.scan(
        request.getPrefix(),
        from,
        request.getLimit(),
        reads.policy(request.hasConsistencyPolicy(), request.getConsistencyPolicy()));
  }

  /// A client that does not know pages would take the first one for everything, so it gets an
  /// error.
  private static Page whole(Page page, boolean knowsPages) {
    if (!knowsPages && page.next().isPresent()) {
      throw new InvalidRequestException(
          "the prefix holds more than one answer can carry ("
              + page.entries().size()
              + " entries fitted): scan it in pages, with limit and from");
    }
    return page;
  }

  private static ScanResponse scanned(Page page) {
    ScanResponse.Builder response = ScanResponse.newBuilder().setRevision(page.revision());
    for (KeyValue record : page.entries()) {
      response.addEntries(
          KvEntry.newBuilder()
              .setKey(Reads.wire(record.key()))
              .setValue(Reads.wire(record.value()))
              .setCreateRevision(record.createRevision())
              .setModRevision(record.modRevision())
              .setVersion(record.version()));
    }
    page.next().ifPresent(next -> response.setNext(Reads.wire(next)));
    return response.build();
  }

  @Override
  public void watch(WatchRequest request, StreamObserver<WatchResponse> caller) {
    AsyncClient client = deadlines.forCall();
    watches.watch(caller, () -> begin(client, request), new OriginalEvents());
  }

  private static CompletableFuture<Watch> begin(AsyncClient client, WatchRequest request) {
    Bytes key = Reads.bytes(request.getKey());
    WatchOptions options = new WatchOptions(0, request.getPrevKv(), 0);
    return request.getPrefix() ? client.watchPrefix(key, options) : client.watch(key, options);
  }

  @Override
  public void watchMembership(
      WatchMembershipRequest request, StreamObserver<MembershipSnapshot> caller) {
    calls.watch(caller, Views::ids);
  }
}
