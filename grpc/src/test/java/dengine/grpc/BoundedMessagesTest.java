package dengine.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dengine.proto.v1.Command;
import dengine.proto.v1.GetMany;
import dengine.proto.v1.Put;
import dengine.proto.v1.SessionGrpc;
import dengine.proto.v1.SessionRequest;
import io.grpc.MethodDescriptor.Marshaller;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.ByteArrayInputStream;
import java.util.Collections;
import org.junit.jupiter.api.Test;

/// A request's parts are counted before they become objects.
class BoundedMessagesTest {

  @SuppressWarnings("unchecked") // the method's own
  private final Marshaller<SessionRequest> bounded =
      (Marshaller<SessionRequest>)
          BoundedMessages.around(new SessionGrpc.SessionImplBase() {})
              .bindService()
              .getMethod("dengine.v1.Session/Open")
              .getMethodDescriptor()
              .getRequestMarshaller();

  private SessionRequest parsed(byte[] message) {
    return bounded.parse(new ByteArrayInputStream(message));
  }

  private void assertRefused(byte[] message) {
    assertThatThrownBy(() -> parsed(message))
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED))
        .hasMessageContaining("parts");
  }

  @Test
  void allCommandsThatMayBeInFlightFitIntoOneRequest() {
    Put put =
        Put.newBuilder()
            .setKey(ByteString.copyFromUtf8("k"))
            .setValue(ByteString.copyFromUtf8("v"))
            .build();
    SessionRequest request =
        SessionRequest.newBuilder()
            .addAllCommands(
                Collections.nCopies(
                    ServiceOptions.DEFAULT.maxInFlight(), Command.newBuilder().setPut(put).build()))
            .build();

    assertThat(parsed(request.toByteArray())).isEqualTo(request);
  }

  @Test
  void aRequestOfTooManyPartsIsRefusedWhereverTheyAre() {
    assertRefused(
        SessionRequest.newBuilder()
            .addAllCommands(Collections.nCopies(100_000, Command.getDefaultInstance()))
            .build()
            .toByteArray());
    assertRefused(numbers(0x78));
    // The number of the commands, with the type of a number.
    assertRefused(numbers(0x08));
  }

  private static byte[] numbers(int tag) {
    byte[] fields = new byte[200_000];
    for (int i = 0; i < fields.length; i += 2) {
      fields[i] = (byte) tag;
      fields[i + 1] = 1;
    }
    return fields;
  }

  @Test
  void manyKeysAreNotManyParts() {
    GetMany keys =
        GetMany.newBuilder()
            .addAllKeys(Collections.nCopies(100_000, ByteString.copyFromUtf8("k")))
            .build();
    SessionRequest request =
        SessionRequest.newBuilder().addCommands(Command.newBuilder().setGetMany(keys)).build();

    assertThat(parsed(request.toByteArray())).isEqualTo(request);
  }

  @Test
  void aLargeValueIsOnePart() {
    SessionRequest request =
        SessionRequest.newBuilder()
            .addCommands(
                Command.newBuilder()
                    .setPut(Put.newBuilder().setValue(ByteString.copyFrom(new byte[1 << 20]))))
            .build();

    assertThat(parsed(request.toByteArray())).isEqualTo(request);
  }
}
