package dengine.client;

import com.google.protobuf.ByteString;
import dengine.proto.client.ClientReadRequest;
import dengine.proto.client.ClientResponse;
import dengine.proto.client.ClientResult;
import dengine.proto.client.ClientWriteRequest;
import dengine.proto.client.RaftClientServiceGrpc;
import dengine.proto.client.ReadConsistencyPolicy;
import dengine.proto.client.ReadResults;
import dengine.proto.client.WriteCommand;
import dengine.proto.error.ErrorCode;
import dengine.proto.error.ErrorMetadata;
import dengine.proto.v1.Command;
import dengine.proto.v1.CompareAndSwap;
import dengine.proto.v1.Failure;
import dengine.proto.v1.GetManyResult;
import dengine.proto.v1.GetResult;
import dengine.proto.v1.Put;
import dengine.proto.v1.Record;
import dengine.proto.v1.Reply;
import dengine.proto.v1.SwapResult;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// Sends single-key operations as unary calls of the original's service: one HTTP/2 stream per
/// call, which costs several times as much as a command of a session. For comparison.
///
/// @param channel the server's
/// @param answer told each reply, on any thread
record UnaryCalls(Channel channel, Consumer<Reply> answer) {

  private static final long MILLIS_PER_SECOND = 1000;

  /// Sends a call if it has a unary form.
  boolean send(Call<?> call, int timeoutMillis) {
    Command command = call.operation.command();
    ClientWriteRequest write = write(command);
    if (write != null) {
      start(
          RaftClientServiceGrpc.getHandleClientWriteMethod(),
          write,
          timeoutMillis,
          call.id,
          response -> written(command, response));
      return true;
    }
    ClientReadRequest read = read(command);
    if (read != null) {
      start(
          RaftClientServiceGrpc.getHandleClientReadMethod(),
          read,
          timeoutMillis,
          call.id,
          response -> found(command, read.getKeysList(), response.getReadData()));
      return true;
    }
    return false;
  }

  private static @Nullable ClientWriteRequest write(Command command) {
    WriteCommand.Builder write = WriteCommand.newBuilder();
    switch (command.getOperationCase()) {
      case PUT -> {
        Put put = command.getPut();
        if (put.getTtlMs() % MILLIS_PER_SECOND != 0) {
          return null;
        }
        write.setInsert(
            WriteCommand.Insert.newBuilder()
                .setKey(put.getKey())
                .setValue(put.getValue())
                .setTtlSecs(put.getTtlMs() / MILLIS_PER_SECOND));
      }
      case DELETE ->
          write.setDelete(WriteCommand.Delete.newBuilder().setKey(command.getDelete().getKey()));
      case COMPARE_AND_SWAP -> {
        CompareAndSwap swap = command.getCompareAndSwap();
        if (swap.getTtlMs() != 0) {
          return null;
        }
        WriteCommand.CompareAndSwap.Builder same =
            WriteCommand.CompareAndSwap.newBuilder()
                .setKey(swap.getKey())
                .setNewValue(swap.getValue());
        if (swap.hasExpected()) {
          same.setExpectedValue(swap.getExpected());
        }
        write.setCompareAndSwap(same);
      }
      default -> {
        return null;
      }
    }
    return ClientWriteRequest.newBuilder().setCommand(write).build();
  }

  private static @Nullable ClientReadRequest read(Command command) {
    return switch (command.getOperationCase()) {
      case GET -> read(List.of(command.getGet().getKey()), command.getGet().getPolicy());
      case GET_MANY -> read(command.getGetMany().getKeysList(), command.getGetMany().getPolicy());
      default -> null;
    };
  }

  private static ClientReadRequest read(List<ByteString> keys, ReadConsistencyPolicy policy) {
    return ClientReadRequest.newBuilder().addAllKeys(keys).setConsistencyPolicy(policy).build();
  }

  private <Q> void start(
      MethodDescriptor<Q, ClientResponse> method,
      Q request,
      int timeoutMillis,
      long id,
      Function<ClientResponse, Reply.Builder> body) {
    ClientCall<Q, ClientResponse> unary =
        channel.newCall(
            method, CallOptions.DEFAULT.withDeadlineAfter(timeoutMillis, TimeUnit.MILLISECONDS));
    ClientCalls.asyncUnaryCall(
        unary,
        request,
        new StreamObserver<>() {
          @Override
          public void onNext(ClientResponse response) {
            Reply.Builder reply =
                response.getError() == ErrorCode.SUCCESS
                    ? body.apply(response)
                    : Reply.newBuilder()
                        .setFailure(inBody(response.getError(), response.getMetadata()));
            answer.accept(reply.setId(id).build());
          }

          @Override
          public void onError(Throwable failure) {
            answer.accept(Reply.newBuilder().setId(id).setFailure(failure(failure)).build());
          }

          @Override
          public void onCompleted() {}
        });
  }

  private static Failure inBody(ErrorCode code, ErrorMetadata metadata) {
    boolean certain =
        code == ErrorCode.NOT_LEADER
            || code == ErrorCode.RATE_LIMITED
            || code == ErrorCode.CLUSTER_UNAVAILABLE;
    return Failure.newBuilder()
        .setOutcome(certain ? Failure.Outcome.OUTCOME_REJECTED : Failure.Outcome.OUTCOME_UNKNOWN)
        .setCode(code)
        .setMetadata(metadata)
        .setMessage(metadata.getDebugMessage())
        .build();
  }

  private static Failure failure(Throwable failure) {
    Status status =
        failure instanceof StatusRuntimeException known ? known.getStatus() : Status.UNKNOWN;
    boolean invalid = status.getCode() == Status.Code.INVALID_ARGUMENT;
    return Failure.newBuilder()
        .setOutcome(invalid ? Failure.Outcome.OUTCOME_REJECTED : Failure.Outcome.OUTCOME_UNKNOWN)
        .setCode(invalid ? ErrorCode.INVALID_REQUEST : ErrorCode.UNCATEGORIZED)
        .setMessage(status.getCode() + " " + status.getDescription())
        .build();
  }

  private static Reply.Builder written(Command command, ClientResponse response) {
    var result = response.getWriteResult();
    return command.hasCompareAndSwap()
        ? Reply.newBuilder()
            .setSwap(
                SwapResult.newBuilder()
                    .setSucceeded(result.getSucceeded())
                    .setRevision(result.getRevision()))
        : Reply.newBuilder().setRevision(result.getRevision());
  }

  private static Reply.Builder found(Command command, List<ByteString> keys, ReadResults data) {
    Map<ByteString, Record> byKey = new HashMap<>();
    for (ClientResult result : data.getResultsList()) {
      byKey.put(
          result.getKey(),
          Record.newBuilder()
              .setValue(result.getValue())
              .setCreateRevision(result.getCreateRevision())
              .setModRevision(result.getModRevision())
              .setVersion(result.getVersion())
              .build());
    }
    if (command.hasGet()) {
      GetResult.Builder get = GetResult.newBuilder();
      byKey.values().forEach(get::setRecord);
      return Reply.newBuilder().setGet(get);
    }
    GetManyResult.Builder many = GetManyResult.newBuilder().setRevision(data.getRevision());
    for (ByteString key : keys) {
      GetManyResult.Slot.Builder slot = GetManyResult.Slot.newBuilder();
      Record record = byKey.get(key);
      if (record != null) {
        slot.setRecord(record);
      }
      many.addSlots(slot);
    }
    return Reply.newBuilder().setGetMany(many);
  }
}
