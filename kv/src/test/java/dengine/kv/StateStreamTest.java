package dengine.kv;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class StateStreamTest {

  private static final long REVISION = 1000;
  private static final long TIME = 5000;
  private static final int FIRST_RECORD = StateOutput.HEADER_BYTES;

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final StateOutput out = new StateOutput(bytes, REVISION, TIME);

  @Test
  void whatWasWrittenIsReadHoweverItArrives() throws IOException {
    byte[] large = new byte[300_000];
    Arrays.fill(large, (byte) 'x');
    out.add("a".getBytes(StandardCharsets.UTF_8), 0, 1, 0, 1, 1, 1, 0);
    out.add("..abc".getBytes(StandardCharsets.UTF_8), 2, 2, 1, 2, 900, 40, 0);
    out.add(large, 0, 65_535, large.length - 65_535, 1000, 1000, 1, 0);
    out.finish();

    StateInput in = new StateInput(dribbling(bytes.toByteArray()), REVISION, TIME);

    assertThat(in.next()).isTrue();
    assertThat(in.keyLength()).isEqualTo(1);
    assertThat(in.valueLength()).isZero();
    assertThat(in.next()).isTrue();
    assertThat(Arrays.copyOf(in.content(), 3)).asString().isEqualTo("abc");
    assertThat(in.keyLength()).isEqualTo(2);
    assertThat(in.create()).isEqualTo(2);
    assertThat(in.mod()).isEqualTo(900);
    assertThat(in.version()).isEqualTo(40);
    assertThat(in.next()).isTrue();
    assertThat(Arrays.copyOf(in.content(), large.length)).isEqualTo(large);
    assertThat(in.next()).isFalse();
    assertThat(in.next()).isFalse();
    assertThat(in.records()).isEqualTo(3);
  }

  @Test
  void everyFlippedBitAndEveryMissingByteIsNoticed() throws IOException {
    three();
    byte[] whole = bytes.toByteArray();
    readAll(whole);

    for (int at = 0; at < whole.length; at++) {
      for (int bit = 0; bit < 8; bit++) {
        byte[] damaged = whole.clone();
        damaged[at] ^= (byte) (1 << bit);
        assertThatThrownBy(() -> readAll(damaged))
            .as("bit %s of byte %s", bit, at)
            .isInstanceOf(IOException.class);
      }
      byte[] cut = Arrays.copyOf(whole, at);
      assertThatThrownBy(() -> readAll(cut))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("at byte " + at + ": cut off within");
    }
  }

  @Test
  void bytesBehindTheEndAreRefused() throws IOException {
    three();
    byte[] longer = Arrays.copyOf(bytes.toByteArray(), bytes.size() + 1);

    assertThatThrownBy(() -> readAll(longer))
        .hasMessageContaining("at byte " + bytes.size() + ": bytes follow the end");
  }

  /// The stream promises the longest value there can be, but has none of it.
  @Test
  void aLengthAloneCostsNoMemory() throws IOException {
    byte[] promise = one(1, 1, 1);
    CommandView.INT.set(promise, FIRST_RECORD + 4, Limits.LONGEST_VALUE);
    StateInput in = new StateInput(new ByteArrayInputStream(promise), REVISION, TIME);

    assertThatThrownBy(in::next).hasMessageContaining("cut off within a record's value");
    assertThat(in.content().length).isLessThan(1 << 16);
  }

  @Test
  void lengthsBeyondTheirLimitsAreRefused() throws IOException {
    byte[] large = one(1, 1, 1);
    CommandView.INT.set(large, FIRST_RECORD + 4, Limits.LONGEST_VALUE + 1);
    byte[] negative = one(1, 1, 1);
    CommandView.INT.set(negative, FIRST_RECORD + 4, -1);
    byte[] empty = one(1, 1, 1);
    CommandView.SHORT.set(empty, FIRST_RECORD + 2, (short) 0);

    assertThatThrownBy(() -> readAll(large))
        .hasMessageContaining("at byte " + (FIRST_RECORD + 4))
        .hasMessageContaining("permitted: 0 to " + Limits.LONGEST_VALUE);
    assertThatThrownBy(() -> readAll(negative)).hasMessageContaining("4294967295 bytes");
    assertThatThrownBy(() -> readAll(empty)).hasMessageContaining("an empty key");
  }

  @Test
  void aDeadlineIsReadBackAndIsPartOfTheDigest() throws IOException {
    out.add("k".getBytes(StandardCharsets.UTF_8), 0, 1, 0, 1, 1, 1, TIME + 1);
    out.finish();

    StateInput in = new StateInput(new ByteArrayInputStream(bytes.toByteArray()), REVISION, TIME);
    assertThat(in.next()).isTrue();
    assertThat(in.deadline()).isEqualTo(TIME + 1);
    assertThat(in.next()).isFalse();
    byte[] other = bytes.toByteArray();
    other[FIRST_RECORD + 32 + 7]++;
    assertThatThrownBy(() -> readAll(other)).hasMessageContaining("digest");
  }

  @Test
  void aDeadlineBeforeAllTimeIsRefused() throws IOException {
    out.add("k".getBytes(StandardCharsets.UTF_8), 0, 1, 0, 1, 1, 1, -1);
    out.finish();

    assertThatThrownBy(() -> readAll(bytes.toByteArray())).hasMessageContaining("a deadline of -1");
  }

  @Test
  void keysThatDoNotAscendAreRefused() throws IOException {
    out.add("b".getBytes(StandardCharsets.UTF_8), 0, 1, 0, 1, 1, 1, 0);
    out.add("b".getBytes(StandardCharsets.UTF_8), 0, 1, 0, 2, 2, 1, 0);
    out.finish();

    assertThatThrownBy(() -> readAll(bytes.toByteArray()))
        .hasMessageContaining("at byte " + (FIRST_RECORD + StateOutput.RECORD_BYTES + 1))
        .hasMessageContaining("not above the one before it");
  }

  @Test
  void revisionsAndVersionsThatCannotBeAreRefused() throws IOException {
    assertThatThrownBy(() -> readAll(one(0, 1, 1))).hasMessageContaining("revisions 0 and 1");
    assertThatThrownBy(() -> readAll(one(3, 2, 1))).hasMessageContaining("revisions 3 and 2");
    assertThatThrownBy(() -> readAll(one(1, REVISION + 1, 1))).hasMessageContaining("1001");
    assertThatThrownBy(() -> readAll(one(5, 6, 0))).hasMessageContaining("version 0");
    assertThatThrownBy(() -> readAll(one(5, 6, 3))).hasMessageContaining("version 3");
    readAll(one(5, 6, 2));
    readAll(one(REVISION, REVISION, 1));
  }

  @Test
  void anotherFormatIsRefusedByItsNumber() throws IOException {
    byte[] other = one(1, 1, 1);
    other[7] = 9;

    assertThatThrownBy(() -> readAll(other))
        .hasMessageContaining("at byte 7: format version 9, this program reads 1");
  }

  private void three() throws IOException {
    out.add("key".getBytes(StandardCharsets.UTF_8), 0, 1, 2, 7, 9, 2, 0);
    out.add("key".getBytes(StandardCharsets.UTF_8), 0, 2, 1, 1, 1000, 512, 0);
    out.add("key".getBytes(StandardCharsets.UTF_8), 0, 3, 0, 1000, 1000, 1, 0);
    out.finish();
  }

  private static byte[] one(long create, long mod, long version) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    StateOutput out = new StateOutput(bytes, REVISION, TIME);
    out.add("kv".getBytes(StandardCharsets.UTF_8), 0, 1, 1, create, mod, version, 0);
    out.finish();
    return bytes.toByteArray();
  }

  private static void readAll(byte[] stream) throws IOException {
    StateInput in = new StateInput(new ByteArrayInputStream(stream), REVISION, TIME);
    while (in.next()) {
      assertThat(in.records()).isPositive();
    }
  }

  /// Gives one to seven bytes at a time.
  private static InputStream dribbling(byte[] content) {
    return new ByteArrayInputStream(content) {
      @Override
      public synchronized int read(byte[] into, int offset, int length) {
        return super.read(into, offset, Math.min(length, 1 + pos % 7));
      }
    };
  }
}
