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

/// What a client does with the limits that servers tell it.
@Timeout(60)
final class ToldLimitsTest {

  private FakeCluster cluster;

  @BeforeEach
  void start() throws Exception {
    cluster = new FakeCluster(3);
  }

  @AfterEach
  void stop() {
    cluster.close();
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
