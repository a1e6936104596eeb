package dengine.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dengine.proto.client.ClientReadRequest;
import dengine.proto.client.RaftClientServiceGrpc;
import dengine.proto.v1.SessionGrpc;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// What a caller is told whose request is refused before a service sees it.
@Timeout(60)
final class RefusedRequestTest {

  private Served served;

  @BeforeEach
  void serve() throws Exception {
    served = new Served(ServiceOptions.DEFAULT);
  }

  @AfterEach
  void stop() {
    served.close();
  }

  @Test
  void aUnaryCallOfTooManyPartsIsToldSo() throws Exception {
    assertToldToSplit(
        ended(RaftClientServiceGrpc.getHandleClientReadMethod(), unknownFields(100_000)));
  }

  @Test
  void aSessionOfTooManyPartsIsToldSo() throws Exception {
    assertToldToSplit(ended(SessionGrpc.getOpenMethod(), unknownFields(100_000)));
  }

  @Test
  void aSessionIsToldSoWhileItsAnswersAreOnTheirWay() throws Exception {
    byte[] ping = {0x10, 1};

    assertToldToSplit(ended(SessionGrpc.getOpenMethod(), ping, unknownFields(100_000), ping));
  }

  @Test
  void whatIsNoMessageAtAllIsToldSo() throws Exception {
    byte[] nonsense = {(byte) 0xff};

    Status unary = ended(RaftClientServiceGrpc.getHandleClientWriteMethod(), nonsense);
    Status session = ended(SessionGrpc.getOpenMethod(), nonsense);

    assertThat(unary.getDescription()).contains("Invalid protobuf");
    assertThat(session.getDescription()).contains("Invalid protobuf");
  }

  @Test
  void whoseCallWasRefusedMayTryAgainOnTheSameConnection() throws Exception {
    ended(RaftClientServiceGrpc.getHandleClientReadMethod(), unknownFields(100_000));

    byte[] get = ClientReadRequest.newBuilder().addKeys(ByteString.EMPTY).build().toByteArray();
    assertThat(ended(RaftClientServiceGrpc.getHandleClientReadMethod(), get).isOk()).isTrue();
  }

  private static void assertToldToSplit(Status status) {
    assertThat(status.getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    assertThat(status.getDescription()).contains("parts: split it");
  }

  /// Fields that no message of ours has, of two bytes each.
  private static byte[] unknownFields(int number) {
    byte[] fields = new byte[2 * number];
    for (int i = 0; i < fields.length; i += 2) {
      fields[i] = 0x78;
      fields[i + 1] = 1;
    }
    return fields;
  }

  /// How a call of these messages ends.
  private Status ended(MethodDescriptor<?, ?> method, byte[]... messages) throws Exception {
    CompletableFuture<Status> ended = new CompletableFuture<>();
    ClientCall<byte[], byte[]> call =
        served.channel.newCall(
            method.toBuilder(
                    Handshake.LINK.getRequestMarshaller(), Handshake.LINK.getResponseMarshaller())
                .build(),
            CallOptions.DEFAULT.withDeadlineAfter(20, TimeUnit.SECONDS));
    call.start(
        new ClientCall.Listener<>() {
          @Override
          public void onClose(Status status, Metadata trailers) {
            ended.complete(status);
          }
        },
        new Metadata());
    call.request(100);
    Arrays.stream(messages).forEach(call::sendMessage);
    if (method.getType().clientSendsOneMessage()) {
      call.halfClose();
    }
    return ended.get(30, TimeUnit.SECONDS);
  }
}
