package dengine.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import dengine.api.AsyncClient;
import dengine.api.Bytes;
import dengine.api.ClusterUnavailableException;
import dengine.api.ReadPolicy;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

final class TrafficTest {

  private static final Bytes KEY = Bytes.of("k");

  private final FakeStore store = new FakeStore();
  private final Traffic traffic = new Traffic();
  private final AsyncClient client = traffic.through(store.client().async());

  @Test
  void readsAndWritesAreRequestsAndAcknowledgedWritesAreTimed() {
    client.put(KEY, KEY).join();
    client.put(KEY, KEY, Duration.ofSeconds(1)).join();
    client.delete(KEY).join();
    client.get(KEY, ReadPolicy.EVENTUAL).join();

    ServiceActivity activity = traffic.activity(3);
    assertThat(activity.requests()).isEqualTo(4);
    assertThat(activity.writes()).isEqualTo(3);
    assertThat(activity.writeNanos()).isPositive();
    assertThat(activity.watches()).isEqualTo(3);
  }

  @Test
  void aWriteThatFailsIsARequestWithoutATimeAndItsFailureIsUnchanged() {
    ClusterUnavailableException gone = new ClusterUnavailableException("gone");
    store.failure = gone;

    CompletableFuture<Long> write = client.put(KEY, KEY);

    assertThat(write.exceptionNow()).isSameAs(gone);
    assertThat(traffic.activity(0)).isEqualTo(new ServiceActivity(1, 0, 0, 0));
  }
}
