package dengine.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dengine.api.ClusterMember.Standing;
import dengine.api.ClusterUnavailableException;
import dengine.client.GrpcClient;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// A list of addresses that mixes two clusters: what an operator does to the one that answered
/// first is never done to the other.
@Timeout(60)
final class AdminStrangersTest {

  private Served ours;
  private Served stranger;
  private GrpcClient client;

  @BeforeEach
  void serve() throws Exception {
    ours = new Served(ServiceOptions.DEFAULT);
    stranger = new Served(8, 2, ServiceOptions.DEFAULT);
    stranger.admin.leader = 2; // as it says of itself
    client =
        GrpcClient.builder(ours.transport.address()).deadline(Duration.ofSeconds(30)).connect();
    assertThat(client.admin().listMembers().members()).isNotEmpty();
    // Our server names the stranger's address: it moved there, or was reused.
    ours.admin.put(2, stranger.transport.address(), Standing.VOTER, false, 0);
    ours.admin.leader = 2;
  }

  @AfterEach
  void stop() {
    client.close();
    ours.close();
    stranger.close();
  }

  @Test
  void aServerOfAnotherClusterIsNotAsked() {
    assertThat(client.admin().demote(3)).isEqualTo(1);

    assertThat(ours.admin.asked).containsExactly("demote 3");
    assertThat(stranger.admin.asked).isEmpty();
  }

  @Test
  void ifOnlyAnotherClusterAnswersTheErrorSaysSo() {
    ours.close();

    assertThatThrownBy(() -> client.admin().withDeadline(Duration.ofMillis(500)).demote(3))
        .isInstanceOf(ClusterUnavailableException.class);
    assertThat(stranger.admin.asked).isEmpty();
  }
}
