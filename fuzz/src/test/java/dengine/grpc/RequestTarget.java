package dengine.grpc;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dengine.api.DEngineException;
import dengine.fuzz.Meter;
import dengine.fuzz.Target;
import dengine.proto.client.ClientReadRequest;
import dengine.proto.client.ClientWriteRequest;
import dengine.proto.client.ReadConsistencyPolicy;
import dengine.proto.client.ScanRequest;
import dengine.proto.client.WriteCommand;
import io.grpc.StatusRuntimeException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/// A request of the original's client service: the first byte says which, the message follows.
public final class RequestTarget implements Target {

  /// What a message of as many parts as are permitted may cost beyond eight times its size.
  static final int CONSTANT_BYTES = 32 << 20;

  private final Reads reads = new Reads(ServiceOptions.DEFAULT);

  @Override
  public String name() {
    return "client-request";
  }

  @Override
  public List<byte[]> seeds() {
    ByteString key = ByteString.copyFromUtf8("key");
    return List.of(
        seed(0, write(WriteCommand.newBuilder().setInsert(insert(key)))),
        seed(0, write(WriteCommand.newBuilder().setCompareAndSwap(swap(key)))),
        seed(
            1,
            ClientReadRequest.newBuilder()
                .addKeys(key)
                .addKeys(key)
                .setConsistencyPolicy(
                    ReadConsistencyPolicy.READ_CONSISTENCY_POLICY_LINEARIZABLE_READ)
                .build()
                .toByteArray()),
        seed(2, ScanRequest.newBuilder().setPrefix(key).setLimit(9).build().toByteArray()));
  }

  @Override
  public List<byte[]> large() {
    return List.of(
        seed(0, SessionTarget.repeated(0x78, 1)),
        seed(1, SessionTarget.repeated(0x12, 0)),
        seed(2, SessionTarget.repeated(0x78, 1)));
  }

  private static WriteCommand.Insert insert(ByteString key) {
    return WriteCommand.Insert.newBuilder().setKey(key).setValue(key).setTtlSecs(1).build();
  }

  private static WriteCommand.CompareAndSwap swap(ByteString key) {
    return WriteCommand.CompareAndSwap.newBuilder().setKey(key).setExpectedValue(key).build();
  }

  private static byte[] write(WriteCommand.Builder command) {
    return ClientWriteRequest.newBuilder().setClientId(1).setCommand(command).build().toByteArray();
  }

  private static byte[] seed(int kind, byte[] message) {
    byte[] seed = new byte[message.length + 1];
    seed[0] = (byte) kind;
    System.arraycopy(message, 0, seed, 1, message.length);
    return seed;
  }

  @Override
  public void decode(byte[] input, Meter meter) {
    if (input.length == 0) {
      return;
    }
    byte[] message = Arrays.copyOfRange(input, 1, input.length);
    meter.measure(
        message.length,
        CONSTANT_BYTES,
        () -> {
          try {
            handle(input[0] % 3, message);
          } catch (InvalidProtocolBufferException | DEngineException | StatusRuntimeException e) {
            // Declared.
          }
        });
  }

  private void handle(int kind, byte[] message) throws InvalidProtocolBufferException {
    switch (kind) {
      case 0 -> {
        BoundedMessages.requireFewParts(message, ClientWriteRequest.getDescriptor());
        ClientWriteRequest request = ClientWriteRequest.parseFrom(message);
        var _ = Reads.bytes(request.getCommand().getInsert().getKey());
      }
      case 1 -> {
        BoundedMessages.requireFewParts(message, ClientReadRequest.getDescriptor());
        ClientReadRequest request = ClientReadRequest.parseFrom(message);
        var _ = Reads.keys(request.getKeysList());
        var _ = reads.policy(request.hasConsistencyPolicy(), request.getConsistencyPolicy());
      }
      default -> {
        BoundedMessages.requireFewParts(message, ScanRequest.getDescriptor());
        ScanRequest request = ScanRequest.parseFrom(message);
        var _ =
            Reads.scan(
                request.getPrefix(),
                request.hasFrom() ? Optional.of(request.getFrom()) : Optional.empty(),
                request.getLimit(),
                reads.policy(request.hasConsistencyPolicy(), request.getConsistencyPolicy()));
      }
    }
  }
}
