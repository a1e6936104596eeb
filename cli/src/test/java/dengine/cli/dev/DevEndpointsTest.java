package dengine.cli.dev;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Which cluster commands find when there are several.
final class DevEndpointsTest {

  private static final long GONE = Long.MAX_VALUE;

  @TempDir Path folder;
  private Map<String, String> environment = Map.of();
  private final DevEndpoints running = cluster(ProcessHandle.current().pid(), "127.0.0.1:1");
  private final DevEndpoints latest = cluster(GONE, "127.0.0.1:2");

  @BeforeEach
  void setUp() {
    environment = Map.of("XDG_STATE_HOME", folder.toString());
  }

  private static DevEndpoints cluster(long process, String address) {
    return new DevEndpoints(process, List.of(address), Path.of("data"));
  }

  @Test
  void theClusterBeforeIsFoundAgainWhenTheLatestEnds() throws Exception {
    running.publish(environment);
    latest.publish(environment);
    assertThat(DevEndpoints.running(environment)).as("its process is no more").isEmpty();

    latest.withdraw(environment, Optional.of(running));

    assertThat(DevEndpoints.running(environment)).contains(running);
  }

  @Test
  void aClusterBeforeThatHasEndedIsNotAnnouncedAgain() throws Exception {
    running.publish(environment);

    running.withdraw(environment, Optional.of(latest));

    assertThat(DevEndpoints.file(environment)).doesNotExist();
  }

  @Test
  void whoWasOvertakenTakesNothingBack() throws Exception {
    latest.publish(environment);
    running.publish(environment);

    latest.withdraw(environment, Optional.empty());

    assertThat(DevEndpoints.running(environment)).contains(running);
  }
}
