package dengine.testkit.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class MemoryTest {

  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

  @Test
  void halfOfItMayBeUsedAtOnceAndMoreAsTimePasses() {
    Memory memory = new Memory(100, 1_000, 10);
    operations(memory, 50);
    assertThat(memory.isAhead(0)).isTrue();
    assertThat(memory.isAhead(SECOND)).isFalse();
    operations(memory, 20);
    assertThat(memory.isAhead(4 * SECOND)).isTrue();
    assertThat(memory.isAhead(6 * SECOND)).isFalse();
  }

  @Test
  void clientsNeverUseItUp() {
    Memory memory = new Memory(100, 1_000, 10);
    operations(memory, 90);
    assertThat(memory.isAhead(10 * SECOND)).isTrue();
    assertThat(memory.isAhead(1_000 * SECOND)).isTrue();
  }

  @Test
  void eventsCountAsOperationsDo() {
    Memory memory = new Memory(100, 1_000, 10);
    events(memory, 499);
    assertThat(memory.isAhead(0)).isFalse();
    events(memory, 1);
    assertThat(memory.isAhead(0)).isTrue();
    assertThat(memory.isFullOfEvents()).isFalse();
    events(memory, 500);
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
