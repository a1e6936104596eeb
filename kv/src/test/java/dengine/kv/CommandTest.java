package dengine.kv;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dengine.api.Bytes;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

class CommandTest {

  private static final Bytes KEY = Bytes.of("key");
  private static final Bytes VALUE = Bytes.of("value");

  private static final List<Command> COMMANDS =
      List.of(
          new Command.Put(KEY, VALUE),
          new Command.Put(KEY, Bytes.EMPTY),
          new Command.Put(Bytes.wrap(new byte[Limits.LONGEST_KEY]), VALUE),
          new Command.Put(KEY, Bytes.wrap(new byte[2 << 20])),
          new Command.Delete(KEY),
          new Command.CompareAndSwap(KEY, Optional.empty(), VALUE),
          new Command.CompareAndSwap(KEY, Optional.of(Bytes.EMPTY), VALUE),
          new Command.CompareAndSwap(KEY, Optional.of(VALUE), Bytes.EMPTY),
          new Command.Put(KEY, VALUE, 1),
          new Command.CompareAndSwap(KEY, Optional.empty(), VALUE, Limits.LONGEST_TTL_MILLIS),
          new Command.CompareAndSwap(KEY, Optional.of(VALUE), Bytes.EMPTY, 1000));

  @Test
  void whatWasEncodedComesBack() {
    for (Command command : COMMANDS) {
      byte[] encoded = command.encode();

      assertThat(encoded).hasSize(command.encodedLength());
      assertThat(Command.decode(encoded)).isEqualTo(command);
    }
  }

  @Test
  void theFormatIsTheOneThatIsWrittenDown() {
    assertThat(new Command.Put(KEY, Bytes.of("v")).encode())
        .containsExactly(1, 1, 0, 3, 'k', 'e', 'y', 0, 0, 0, 1, 'v');
    assertThat(new Command.Delete(KEY).encode()).containsExactly(1, 2, 0, 3, 'k', 'e', 'y');
    assertThat(new Command.CompareAndSwap(KEY, Optional.empty(), Bytes.of("v")).encode())
        .containsExactly(1, 3, 0, 3, 'k', 'e', 'y', 0, 0, 0, 1, 'v');
    assertThat(new Command.CompareAndSwap(KEY, Optional.of(Bytes.of("x")), Bytes.EMPTY).encode())
        .containsExactly(1, 4, 0, 3, 'k', 'e', 'y', 0, 0, 0, 1, 'x', 0, 0, 0, 0);
    assertThat(new Command.Put(KEY, Bytes.of("v"), 258).encode())
        .containsExactly(1, 65, 0, 3, 'k', 'e', 'y', 0, 0, 0, 0, 0, 0, 1, 2, 0, 0, 0, 1, 'v');
  }

  @Test
  void aCommandThatIsCutOffOrGoesOnIsRefused() {
    for (Command command : COMMANDS) {
      byte[] encoded = command.encode();
      int step = Math.max(1, encoded.length / 50);
      for (int length = 0; length < encoded.length; length += step) {
        assertRefused(Arrays.copyOf(encoded, length));
      }
      assertRefused(Arrays.copyOf(encoded, encoded.length - 1));
      assertRefused(Arrays.copyOf(encoded, encoded.length + 1));
    }
  }

  @Test
  void unknownVersionsAndKindsAndEmptyKeysAreNamed() {
    assertThatThrownBy(() -> Command.decode(new byte[] {2, 1, 0, 1, 'k', 0, 0, 0, 0}))
        .isInstanceOf(MalformedCommandException.class)
        .hasMessageContaining("format version 2");
    assertThatThrownBy(() -> Command.decode(new byte[] {1, 5, 0, 1, 'k', 0, 0, 0, 0}))
        .isInstanceOf(MalformedCommandException.class)
        .hasMessageContaining("kind of command 5");
    assertThatThrownBy(() -> Command.decode(new byte[] {1, 1, 0, 0, 0, 0, 0, 0}))
        .isInstanceOf(MalformedCommandException.class)
        .hasMessageContaining("empty key");
    assertThatThrownBy(() -> new Command.Delete(Bytes.EMPTY).encode())
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void aTimeToLiveOutOfRangeIsRefused() {
    for (long ttl : new long[] {0, -1, Limits.LONGEST_TTL_MILLIS + 1, Long.MAX_VALUE}) {
      byte[] encoded = new Command.Put(KEY, VALUE, 1).encode();
      ByteBuffer.wrap(encoded).putLong(4 + KEY.length(), ttl);
      assertThatThrownBy(() -> Command.decode(encoded))
          .isInstanceOf(MalformedCommandException.class)
          .hasMessageContaining("time to live of " + ttl + " ms at byte 7");
    }
    assertThatThrownBy(() -> new Command.Put(KEY, VALUE, -1).encode())
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> Command.decode(new byte[] {1, 66, 0, 1, 'k', 0, 0, 0, 0, 0, 0, 0, 1}))
        .as("a delete has none")
        .hasMessageContaining("kind of command 66");
  }

  @Test
  void claimsBeyondTheBytesAreRefusedBeforeAnythingIsAllocated() {
    byte[] claims = {1, 1, 0, 1, 'k', 0x7f, (byte) 0xff, (byte) 0xff, (byte) 0xff, 'v'};
    byte[] negative = {1, 4, 0, 1, 'k', (byte) 0x80, 0, 0, 0, 0, 0, 0, 0};
    byte[] key = {1, 2, (byte) 0xff, (byte) 0xff, 'k'};

    // With the claimed 2 GiB this would be an OutOfMemoryError in the heap tests run with.
    assertThatThrownBy(() -> Command.decode(claims))
        .isInstanceOf(MalformedCommandException.class)
        .hasMessageContaining("2147483647 bytes claimed");
    assertThatThrownBy(() -> Command.decode(negative))
        .isInstanceOf(MalformedCommandException.class)
        .hasMessageContaining("2147483648 bytes claimed");
    assertThatThrownBy(() -> Command.decode(key))
        .isInstanceOf(MalformedCommandException.class)
        .hasMessageContaining("65535 bytes claimed");
  }

  @Test
  void randomBytesAreACommandOrRefusedNothingElse() {
    long seed = Long.getLong("seed", System.nanoTime());
    System.out.println("seed=" + seed);
    Random random = new Random(seed);
    int accepted = 0;
    for (int i = 0; i < 300_000; i++) {
      byte[] bytes = bytes(random);
      try {
        Command command = Command.decode(bytes);
        accepted++;
        assertThat(command.encode()).as("seed=%s", seed).isEqualTo(bytes);
      } catch (MalformedCommandException expected) {
        assertThat(expected).as("seed=%s", seed).hasMessageNotContaining("null");
      }
    }
    assertThat(accepted).as("seed=%s", seed).isPositive();
  }

  /// Half of them noise, half of them commands with a few changed bytes: noise alone seldom gets
  /// beyond the first check.
  private static byte[] bytes(Random random) {
    byte[] bytes = new byte[random.nextInt(24)];
    random.nextBytes(bytes);
    if (random.nextBoolean()) {
      bytes = COMMANDS.get(4 + random.nextInt(COMMANDS.size() - 4)).encode();
      for (int i = random.nextInt(3); i > 0; i--) {
        bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(8);
      }
    }
    return bytes;
  }

  private static void assertRefused(byte[] bytes) {
    assertThatThrownBy(() -> Command.decode(bytes)).isInstanceOf(MalformedCommandException.class);
  }
}
