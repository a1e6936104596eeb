package dengine.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dengine.engine.PacedStream.Wanted;
import dengine.engine.spi.Clock;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// How fast a snapshot is written.
@Timeout(60)
final class PacedStreamTest {

  private static final int MIB = 1 << 20;
  private static final long MILLISECOND = 1_000_000;

  private final ByteArrayOutputStream written = new ByteArrayOutputStream();
  private final AtomicLong time = new AtomicLong();
  private Wanted wanted = Wanted.CALMLY;
  private long perLook;

  /// A time that goes on each time somebody looks.
  private final Clock clock =
      new Clock() {
        @Override
        public long nanoTime() {
          return time.addAndGet(perLook);
        }

        @Override
        public long wallMillis() {
          return 0;
        }
      };

  private PacedStream stream() {
    return new PacedStream(written, 64 * MIB, clock, () -> wanted);
  }

  @Test
  void whatHasTimeIsWrittenAtItsRate() throws IOException {
    perLook = MILLISECOND;
    PacedStream stream = stream();

    for (int i = 0; i < 12; i++) {
      stream.write(new byte[MIB]);
    }

    assertThat(written.size()).isEqualTo(12 * MIB);
    assertThat(time.get())
        .as("8 MiB are an eighth of a second's, the last one may be owed")
        .isGreaterThanOrEqualTo(3 * 1000 * MILLISECOND / 64);
  }

  @Test
  void whatIsUrgentOrLittleDoesNotWait() throws IOException {
    PacedStream stream = stream();
    stream.write(new byte[8 * MIB]);
    wanted = Wanted.URGENTLY;

    stream.write(new byte[8 * MIB]);
    stream.write(1);

    assertThat(written.size()).isEqualTo(16 * MIB + 1);
  }

  @Test
  void whatNobodyWantsAnyMoreEnds() throws IOException {
    PacedStream stream = stream();
    stream.write(new byte[16 * MIB]);
    wanted = Wanted.NO_MORE;

    assertThatThrownBy(() -> stream.write(new byte[1]))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("the node is closing");
  }
}
