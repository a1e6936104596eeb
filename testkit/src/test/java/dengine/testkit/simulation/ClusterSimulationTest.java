package dengine.testkit.simulation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dengine.engine.spi.StateMachine;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// State machines of somebody's own: a right one passes, and each kind of mistake is found.
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class ClusterSimulationTest {

  private static final Logger ENGINE = Logger.getLogger("dengine");

  @BeforeEach
  void hush() {
    ENGINE.setLevel(Level.OFF);
  }

  @AfterEach
  void speak() {
    ENGINE.setLevel(null);
  }

  /// Adds up bytes.
  private static class Sum implements StateMachine {
    private long sum;

    long sum() {
      return sum;
    }

    long change(Batch batch, int i) {
      return batch.command(i)[0];
    }

    @Override
    public void apply(Batch batch) {
      for (int i = 0; i < batch.size(); i++) {
        if (batch.isCommand(i)) {
          sum = sum * 31 + change(batch, i);
          batch.complete(i, sum);
        }
      }
    }
  }

  @Test
  void deterministicMachinePasses() {
    ClusterSimulation.Report report =
        ClusterSimulation.of(Sum::new).reads(Sum::sum).digest(Sum::sum).run(40);

    assertThat(report.seeds()).isEqualTo(40);
    assertThat(report.answered()).isGreaterThan(4000);
    assertThat(report.elections()).isGreaterThan(80);
  }

  /// Can be written down and read back.
  private static class Kept extends Sum {
    @Override
    public Optional<View> view() {
      long now = super.sum;
      return Optional.of(
          new View() {
            @Override
            public void writeTo(OutputStream out) throws IOException {
              out.write(ByteBuffer.allocate(Long.BYTES).putLong(now).array());
            }

            @Override
            public void close() {}
          });
    }

    @Override
    public void restore(InputStream snapshot, long index, long time) throws IOException {
      super.sum = restored(ByteBuffer.wrap(snapshot.readAllBytes()).getLong());
    }

    long restored(long written) {
      return written;
    }
  }

  @Test
  void machineWithSnapshotsPasses() {
    ClusterSimulation.Report report =
        ClusterSimulation.of(Kept::new).reads(Sum::sum).digest(Sum::sum).run(40);

    assertThat(report.events().get("snapshot taken")).isGreaterThan(100);
    assertThat(report.events().get("snapshot received")).isPositive();
  }

  @Test
  void machineThatForgetsSomethingInItsSnapshotsIsFound() {
    class Forgetful extends Kept {
      @Override
      long restored(long written) {
        return written & ~1;
      }
    }

    assertThatThrownBy(() -> ClusterSimulation.of(Forgetful::new).digest(Sum::sum).run(20))
        .isInstanceOf(Violation.class);
  }

  @Test
  void machineWithRandomnessOfItsOwnIsFound() {
    int[] made = new int[1];
    class Moody extends Sum {
      private final int mood = made[0]++ % 2;

      @Override
      long change(Batch batch, int i) {
        return batch.command(i)[0] == 7 ? mood : 0;
      }
    }

    assertThatThrownBy(() -> ClusterSimulation.of(Moody::new).run(20))
        .isInstanceOf(Violation.class)
        .hasMessageContaining("the machine is not deterministic")
        .hasMessageContaining("repeat: .from(")
        .hasMessageContaining("smallest run found");
  }

  @Test
  void smallestRunFailsAgain() {
    class Wrong extends Sum {
      @Override
      long change(Batch batch, int i) {
        return System.identityHashCode(this);
      }
    }
    Throwable found = catchThrowable(() -> ClusterSimulation.of(Wrong::new).run(20));
    String like = found.getMessage().replaceAll("(?s).*\\.like\\(\"(.*)\"\\).*", "$1");

    assertThat(like).startsWith("--from ");
    assertThatThrownBy(() -> ClusterSimulation.of(Wrong::new).like(like).run(1))
        .hasMessageContaining("not deterministic");
    assertThatThrownBy(() -> ClusterSimulation.of(Wrong::new).like("--from 1 --color red"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("--color");
  }

  @Test
  void machineWhoseStateDependsOnTheSizeOfBatchesIsFoundByItsDigest() {
    class Batched extends Sum {
      private long batches;

      @Override
      public void apply(Batch batch) {
        super.apply(batch);
        batches++;
      }
    }

    assertThatThrownBy(
            () -> ClusterSimulation.of(Batched::new).digest(machine -> machine.batches).run(20))
        .isInstanceOf(Violation.class)
        .hasMessageContaining("a state that differs from another node's");
  }

  @Test
  void machineThatThrowsIsFoundWithItsCause() {
    class Fragile extends Sum {
      @Override
      long change(Batch batch, int i) {
        if (batch.command(i)[0] == 13) {
          throw new IllegalArgumentException("thirteen");
        }
        return 1;
      }
    }

    assertThatThrownBy(() -> ClusterSimulation.of(Fragile::new).run(20))
        .hasMessageContaining("stopped itself")
        .hasRootCauseMessage("thirteen");
  }
}
