package dengine.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dengine.proto.client.ClientWriteRequest;
import dengine.proto.client.RaftClientServiceGrpc;
import dengine.proto.client.WriteCommand;
import dengine.server.config.ServerConfig;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ServiceMetricsTest {

  private static final Duration LONG = Duration.ofSeconds(20);

  @TempDir Path folder;

  @Test
  void whatComesOverTheNetworkIsCountedAndWhatTheApplicationDoesIsNot() {
    ServerConfig config =
        ServerConfig.builder()
            .set("cluster.db_root_dir", folder.toString())
            .set("cluster.listen_address", "127.0.0.1:0")
            .build();
    try (StandaloneEngine server = StandaloneEngine.start(config)) {
      server.engine().waitReady(LONG);
      server.engine().client().put("greeting", "hello");
      assertThat(requests(server)).isZero();

      put(server.address(), "greeting", "hello");

      assertThat(requests(server)).isEqualTo(1);
      var writes = server.metrics().get("dengine.client.writes").functionTimer();
      assertThat(writes.count()).isEqualTo(1);
      assertThat(writes.totalTime(TimeUnit.NANOSECONDS)).isPositive();
    }
  }

  private static double requests(StandaloneEngine server) {
    return server.metrics().get("dengine.client.requests").functionCounter().count();
  }

  private static void put(String address, String key, String value) {
    WriteCommand.Insert insert =
        WriteCommand.Insert.newBuilder()
            .setKey(ByteString.copyFromUtf8(key))
            .setValue(ByteString.copyFromUtf8(value))
            .build();
    ManagedChannel channel = NettyChannelBuilder.forTarget(address).usePlaintext().build();
    try {
      var answer =
          RaftClientServiceGrpc.newBlockingStub(channel)
              .withDeadlineAfter(LONG.toSeconds(), TimeUnit.SECONDS)
              .handleClientWrite(
                  ClientWriteRequest.newBuilder()
                      .setCommand(WriteCommand.newBuilder().setInsert(insert))
                      .build());
      assertThat(answer.getErrorValue()).isZero();
    } finally {
      channel.shutdownNow();
    }
  }
}
