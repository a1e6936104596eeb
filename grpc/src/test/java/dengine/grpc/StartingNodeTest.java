package dengine.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import dengine.proto.v1.AdminGrpc;
import dengine.proto.v1.AdminGrpc.AdminBlockingStub;
import dengine.proto.v1.ListMembersRequest;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// What clients hear from a node that listens already and has no services yet.
@Timeout(60)
final class StartingNodeTest {

  private GrpcTransport transport;
  private ManagedChannel channel;
  private AdminBlockingStub server;

  @BeforeEach
  void listen() throws Exception {
    transport = GrpcTransport.listen(TransportOptions.of("127.0.0.1:0", 7, 1));
    channel =
        NettyChannelBuilder.forTarget(transport.address()).directExecutor().usePlaintext().build();
    server = AdminGrpc.newBlockingStub(channel);
  }

  @AfterEach
  void close() {
    channel.shutdownNow();
    transport.close();
  }

  @Test
  void aClientIsToldToComeAgainUntilTheServicesAreThere() {
    transport.expectServices(true);
    Status early = ask();
    assertThat(early.getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    assertThat(early.getDescription()).contains("starting");

    FakeStore store = new FakeStore();
    try (ClientServices services =
        ClientServices.on(
            transport,
            store.client(),
            new FakeAdmin(),
            new FakeLifecycle(1),
            Served::status,
            ServiceOptions.DEFAULT)) {
      transport.expectServices(false);
      assertThat(server.listMembers(ListMembersRequest.getDefaultInstance()).getLeaderId())
          .isEqualTo(1);
    }
  }

  @Test
  void aNodeThatServesNoClientsSaysSo() {
    assertThat(ask().getCode()).isEqualTo(Status.Code.UNIMPLEMENTED);
  }

  private Status ask() {
    return Assertions.catchThrowableOfType(
            StatusRuntimeException.class,
            () -> server.listMembers(ListMembersRequest.getDefaultInstance()))
        .getStatus();
  }
}
