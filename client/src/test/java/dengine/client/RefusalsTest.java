package dengine.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dengine.api.Bytes;
import dengine.api.InvalidRequestException;
import dengine.proto.error.ErrorCode;
import dengine.proto.error.ErrorMetadata;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// What is refused for good: by the server, or before it is sent because no message holds it.
@Timeout(60)
final class RefusalsTest {

  private FakeCluster cluster;
  private GrpcClient client;

  @BeforeEach
  void connect() throws Exception {
    cluster = new FakeCluster(3);
    client = GrpcClient.connect(cluster.endpoints());
  }

  @AfterEach
  void stop() {
    client.close();
    cluster.close();
  }

  @Test
  void badInputIsNotTriedAgain() {
    cluster.node(1).behaviour =
        command -> FakeNode.refusal(ErrorCode.INVALID_REQUEST, ErrorMetadata.newBuilder());

    assertThatThrownBy(() -> client.put("k", "v")).isInstanceOf(InvalidRequestException.class);
    assertThat(cluster.node(1).received).hasSize(1);
    assertThatThrownBy(() -> client.put(Bytes.of("k"), Bytes.wrap(new byte[2 << 20])))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageContaining("request bytes = ")
        .hasMessageContaining("1 to 1048576 (more with limits.max_request_size)");
  }

  @Test
  void aValueThatNoRequestHoldsIsNamedAsTheServerWouldNameIt() {
    Bytes key = Bytes.of("k");
    Bytes small = Bytes.of("v");
    Bytes large = Bytes.wrap(new byte[2 << 20]);
    String permitted = " = 2097152, permitted: 0 to 1000 (limits.max_value_size)";
    cluster.maxValueBytes = 1000;
    try (GrpcClient told = GrpcClient.connect(cluster.endpoints())) {
      assertThatThrownBy(() -> told.put(key, large))
          .isInstanceOf(InvalidRequestException.class)
          .hasMessage("value bytes" + permitted);
      assertThatThrownBy(() -> told.compareAndSwap(key, Optional.of(small), large))
          .isInstanceOf(InvalidRequestException.class)
          .hasMessage("value bytes" + permitted);
      for (Bytes value : List.of(small, large)) {
        assertThatThrownBy(() -> told.compareAndSwap(key, Optional.of(large), value))
            .isInstanceOf(InvalidRequestException.class)
            .hasMessage("expected bytes" + permitted);
      }
    }
    assertThat(cluster.node(1).received).isEmpty();
  }

  @Test
  void whatARequestHoldsIsTheServersToJudge() {
    cluster.maxValueBytes = 1000;
    cluster.node(1).behaviour =
        command -> FakeNode.refusal(ErrorCode.INVALID_REQUEST, ErrorMetadata.newBuilder());
    try (GrpcClient told = GrpcClient.connect(cluster.endpoints())) {
      assertThatThrownBy(() -> told.put(Bytes.of("k"), Bytes.wrap(new byte[1001])))
          .isInstanceOf(InvalidRequestException.class);
    }
    assertThat(cluster.node(1).received).hasSize(1);
  }
}
