package dengine.grpc;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dengine.api.AsyncClient;
import dengine.api.DEngineException;
import dengine.fuzz.Meter;
import dengine.fuzz.Target;
import dengine.proto.client.ReadConsistencyPolicy;
import dengine.proto.v1.Command;
import dengine.proto.v1.CompareAndSwap;
import dengine.proto.v1.Delete;
import dengine.proto.v1.FindLeader;
import dengine.proto.v1.Get;
import dengine.proto.v1.GetMany;
import dengine.proto.v1.Members;
import dengine.proto.v1.Put;
import dengine.proto.v1.ScanKeys;
import dengine.proto.v1.SessionRequest;
import io.grpc.StatusRuntimeException;
import java.lang.reflect.Proxy;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/// One message of a client's stream, read and its commands started.
public final class SessionTarget implements Target {

  static final AsyncClient CLIENT =
      (AsyncClient)
          Proxy.newProxyInstance(
              SessionTarget.class.getClassLoader(),
              new Class<?>[] {AsyncClient.class},
              (_, _, _) -> CompletableFuture.completedFuture(null));

  private final SessionCommands commands = new SessionCommands(new Reads(ServiceOptions.DEFAULT));

  @Override
  public String name() {
    return "session";
  }

  @Override
  public List<byte[]> seeds() {
    ByteString key = ByteString.copyFromUtf8("key");
    return List.of(
        SessionRequest.newBuilder().setPing(4).build().toByteArray(),
        SessionRequest.newBuilder()
            .addCommands(command().setPut(Put.newBuilder().setKey(key).setValue(key)))
            .addCommands(command().setDelete(Delete.newBuilder().setKey(key)))
            .addCommands(command().setCompareAndSwap(CompareAndSwap.newBuilder().setKey(key)))
            .addCommands(
                command()
                    .setGet(
                        Get.newBuilder()
                            .setKey(key)
                            .setPolicy(
                                ReadConsistencyPolicy
                                    .READ_CONSISTENCY_POLICY_EVENTUAL_CONSISTENCY)))
            .build()
            .toByteArray(),
        SessionRequest.newBuilder()
            .addCommands(command().setGetMany(GetMany.newBuilder().addKeys(key).addKeys(key)))
            .addCommands(command().setScan(ScanKeys.newBuilder().setPrefix(key).setLimit(9)))
            .addCommands(command().setMembers(Members.getDefaultInstance()))
            .addCommands(command().setLeader(FindLeader.getDefaultInstance()))
            .build()
            .toByteArray());
  }

  @Override
  public List<byte[]> large() {
    byte[] emptyCommands = repeated(0x0a, 0);
    byte[] unknownFields = repeated(0x78, 1);
    return List.of(
        Arrays.copyOf(emptyCommands, 2 * BoundedMessages.FREE_PARTS),
        emptyCommands,
        unknownFields,
        SessionRequest.newBuilder()
            .addCommands(
                command()
                    .setGetMany(
                        GetMany.newBuilder()
                            .addAllKeys(Collections.nCopies(1 << 19, ByteString.EMPTY))))
            .build()
            .toByteArray());
  }

  /// One field of two bytes a million times.
  static byte[] repeated(int tag, int value) {
    byte[] fields = new byte[2 << 20];
    for (int i = 0; i < fields.length; i += 2) {
      fields[i] = (byte) tag;
      fields[i + 1] = (byte) value;
    }
    return fields;
  }

  private static Command.Builder command() {
    return Command.newBuilder().setId(7).setTimeoutMs(1000);
  }

  @Override
  public void decode(byte[] input, Meter meter) {
    meter.measure(
        input.length,
        RequestTarget.CONSTANT_BYTES,
        () -> {
          try {
            BoundedMessages.requireFewParts(input, SessionRequest.getDescriptor());
            for (Command command : SessionRequest.parseFrom(input).getCommandsList()) {
              start(command);
            }
          } catch (InvalidProtocolBufferException | StatusRuntimeException e) {
            // Declared.
          }
        });
  }

  private void start(Command command) {
    try {
      SessionCommands.Started<?> _ = commands.start(CLIENT, command);
    } catch (DEngineException e) {
      // Declared.
    }
  }
}
