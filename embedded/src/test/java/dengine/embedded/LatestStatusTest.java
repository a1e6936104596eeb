package dengine.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dengine.engine.NodeException;
import dengine.engine.NodeStatus;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class LatestStatusTest {

  private final AtomicLong nanos = new AtomicLong();
  private final AtomicInteger asked = new AtomicInteger();
  private final LatestStatus status = new LatestStatus(nanos::get);

  @Test
  void allMetersOfAReadingGetOneState(@TempDir Path folder) {
    try (EmbeddedEngine engine = EmbeddedEngine.start(folder)) {
      List<NodeStatus> told = new ArrayList<>();
      status.tell(told::add);
      Supplier<NodeStatus> node = counting(engine::status);

      NodeStatus first = status.of(node);
      assertThat(status.of(node)).isSameAs(first);
      nanos.addAndGet(Duration.ofMillis(501).toNanos());
      NodeStatus second = status.of(node);

      assertThat(asked).hasValue(2);
      assertThat(told).containsExactly(first, second);
    }
  }

  /// Each of forty meters would otherwise wait for a second.
  @Test
  void aNodeThatDoesNotAnswerIsAskedOnceForAllMetersOfAReading() {
    Supplier<NodeStatus> silent =
        counting(
            () -> {
              nanos.addAndGet(Duration.ofSeconds(1).toNanos());
              throw new NodeException.DeadlinePassed("no status within 1000 ms");
            });

    assertThatThrownBy(() -> status.of(silent)).isInstanceOf(NodeException.class);
    assertThatThrownBy(() -> status.of(silent)).isInstanceOf(NodeException.class);
    assertThat(asked).hasValue(1);
    nanos.addAndGet(Duration.ofMillis(501).toNanos());

    assertThatThrownBy(() -> status.of(silent)).isInstanceOf(NodeException.class);
    assertThat(asked).hasValue(2);
  }

  private Supplier<NodeStatus> counting(Supplier<NodeStatus> node) {
    return () -> {
      asked.incrementAndGet();
      return node.get();
    };
  }
}
