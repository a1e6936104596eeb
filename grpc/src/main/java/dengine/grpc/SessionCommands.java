package dengine.grpc;

import com.google.protobuf.ByteString;
import dengine.api.AsyncClient;
import dengine.api.Bytes;
import dengine.api.InvalidRequestException;
import dengine.api.KeyValue;
import dengine.api.Page;
import dengine.api.Values;
import dengine.proto.v1.Command;
import dengine.proto.v1.CompareAndSwap;
import dengine.proto.v1.Get;
import dengine.proto.v1.GetMany;
import dengine.proto.v1.Put;
import dengine.proto.v1.Reply;
import dengine.proto.v1.ScanKeys;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/// Starts the commands of a session.
///
/// @param reads decides on policies
record SessionCommands(Reads reads) {

  /// A command under way: what it will give, and how that is written.
  record Started<T>(CompletableFuture<T> result, BiConsumer<Reply.Builder, T> writer) {}

  /// Bytes that an answer holds while it waits to be sent.
  static long sizeOf(@Nullable Object result) {
    return switch (result) {
      case Optional<?> value when value.isPresent() -> sizeOf(value.get());
      case KeyValue record -> record.key().length() + record.value().length();
      case Values values -> values.values().stream().mapToLong(SessionCommands::sizeOf).sum();
      case Page page -> page.entries().stream().mapToLong(SessionCommands::sizeOf).sum();
      case null, default -> 0;
    };
  }

  /// Starts a command; the result may be there already.
  ///
  /// @throws dengine.api.DEngineException if the command makes no sense
  Started<?> start(AsyncClient client, Command command) {
    return switch (command.getOperationCase()) {
      case PUT -> new Started<>(put(client, command.getPut()), Replies::revision);
      case DELETE ->
          new Started<>(
              client.delete(Reads.bytes(command.getDelete().getKey())), Replies::revision);
      case COMPARE_AND_SWAP -> swap(client, command.getCompareAndSwap());
      case GET -> get(client, command.getGet());
      case GET_MANY -> getMany(client, command.getGetMany());
      case SCAN -> scan(client, command.getScan());
      case MEMBERS -> new Started<>(client.members(), Replies::members);
      case LEADER -> new Started<>(client.leader(), Replies::leader);
      case OPERATION_NOT_SET ->
          throw new InvalidRequestException(
              "command.operation", "absent or unknown", "one this server's version knows");
    };
  }

  private static CompletableFuture<Long> put(AsyncClient client, Put put) {
    Bytes key = Reads.bytes(put.getKey());
    Bytes value = Reads.bytes(put.getValue());
    return put.getTtlMs() == 0
        ? client.put(key, value)
        : client.put(key, value, Reads.ttl(Duration.ofMillis(put.getTtlMs())));
  }

  private static Started<?> swap(AsyncClient client, CompareAndSwap swap) {
    Optional<Bytes> expected =
        swap.hasExpected() ? Optional.of(Reads.bytes(swap.getExpected())) : Optional.empty();
    Bytes key = Reads.bytes(swap.getKey());
    Bytes value = Reads.bytes(swap.getValue());
    return new Started<>(
        swap.getTtlMs() == 0
            ? client.compareAndSwap(key, expected, value)
            : client.compareAndSwap(
                key, expected, value, Reads.ttl(Duration.ofMillis(swap.getTtlMs()))),
        Replies::swap);
  }

  private Started<?> get(AsyncClient client, Get get) {
    return new Started<>(
        client.get(Reads.bytes(get.getKey()), reads.policy(get.hasPolicy(), get.getPolicy())),
        Replies::get);
  }

  private Started<?> getMany(AsyncClient client, GetMany get) {
    if (get.getKeysCount() == 0) {
      throw new InvalidRequestException("keys", "none", "one or more");
    }
    return new Started<>(
        client.getMany(
            Reads.keys(get.getKeysList()), reads.policy(get.hasPolicy(), get.getPolicy())),
        Replies::getMany);
  }

  private Started<?> scan(AsyncClient client, ScanKeys scan) {
    Optional<ByteString> from = scan.hasFrom() ? Optional.of(scan.getFrom()) : Optional.empty();
    return new Started<>(
        client.scan(
            Reads.scan(
                scan.getPrefix(),
                from,
                scan.getLimit(),
                reads.policy(scan.hasPolicy(), scan.getPolicy()))),
        Replies::scan);
  }
}
