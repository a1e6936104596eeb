package dengine.testkit.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class MemoryTest {

  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

  @Test
  void aThirdOfItMayBeUsedAtOnceAndMoreAsTimePasses() {
    Memory memory = new Memory(100, 1_000, 10);
    operations(memory, 33);
    assertThat(memory.isAhead(0)).isFalse();
    operations(memory, 1);
    assertThat(memory.isAhead(0)).isTrue();
    assertThat(memory.isAhead(SECOND)).isFalse();
    operations(memory, 30);
    assertThat(memory.isAhead(5 * SECOND)).isTrue();
    assertThat(memory.isAhead(7 * SECOND)).isFalse();
  }

  @Test
  void clientsNeverUseItUp() {
    Memory memory = new Memory(100, 1_000, 10);
    operations(memory, 80);
    assertThat(memory.isAhead(10 * SECOND)).isTrue();
    assertThat(memory.isAhead(1_000 * SECOND)).isTrue();
  }

  @Test
  void eventsCountAsOperationsDo() {
    Memory memory = new Memory(100, 1_000, 10);
    events(memory, 333);
    assertThat(memory.isAhead(0)).isFalse();
    events(memory, 1);
    assertThat(memory.isAhead(0)).isTrue();
    assertThat(memory.isFullOfEvents()).isFalse();
    events(memory, 666);
    assertThat(memory.isFullOfEvents()).isTrue();
    assertThat(memory.events()).isEqualTo(1_000);
  }

  private static void operations(Memory memory, int count) {
    for (int i = 0; i < count; i++) {
      memory.addOperation();
    }
  }

  private static void events(Memory memory, int count) {
    for (int i = 0; i < count; i++) {
      memory.addEvent();
    }
  }
}
