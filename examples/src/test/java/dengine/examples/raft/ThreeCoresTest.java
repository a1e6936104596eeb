package dengine.examples.raft;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/// The core without an engine.
final class ThreeCoresTest {

  @Test
  void theProgramRuns() {
    ThreeCores.main(new String[0]);
  }

  @Test
  void aNodeWhoseLogIsGoneElsewhereGetsASnapshot() {
    ThreeCores cluster = new ThreeCores();
    int leader = cluster.leader();
    int late = leader % 3 + 1;
    cluster.machine(late).kill();
    cluster.propose("one");
    cluster.runUntil(() -> cluster.machine(leader).applied().contains("one"));
    cluster.machine(leader).takeSnapshot();
    cluster.runUntil(() -> cluster.machine(leader).logBegins() > 1);

    cluster.machine(late).start(0);
    cluster.propose("two");
    cluster.runUntil(() -> cluster.everybodyHas(List.of("one", "two"), 1, 2, 3));

    assertThat(cluster.machine(late).snapshot()).isEqualTo(cluster.machine(leader).snapshot());
    cluster.machine(late).kill();
    cluster.machine(late).start(0);
    cluster.runUntil(() -> cluster.everybodyHas(List.of("one", "two"), 1, 2, 3));
  }
}
