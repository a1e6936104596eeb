package dengine.kv;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dengine.api.Bytes;
import dengine.api.InvalidRequestException;
import dengine.api.Scan;
import dengine.engine.spi.StateMachine;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

class LimitsTest {

  private static final Limits LIMITS = new Limits(10, 100, 150, 4);
  private static final Bytes KEY = bytes(10);

  @Test
  void whatIsExactlyAtALimitPasses() {
    assertThatCode(() -> LIMITS.check(new Command.Put(KEY, bytes(100)))).doesNotThrowAnyException();
    assertThatCode(() -> LIMITS.check(new Command.Put(bytes(1), Bytes.EMPTY)))
        .doesNotThrowAnyException();
    assertThatCode(() -> LIMITS.checkKeys(Collections.nCopies(4, KEY))).doesNotThrowAnyException();
    assertThatCode(() -> LIMITS.checkScan(Scan.prefix(KEY).from(KEY))).doesNotThrowAnyException();
  }

  @Test
  void whatIsBeyondIsRefusedWithFieldSizeAndLimit() {
    refused(
        () -> LIMITS.check(new Command.Put(Bytes.EMPTY, KEY)),
        "key bytes = 0",
        "1 to 10 (limits.max_key_size)");
    refused(() -> LIMITS.check(new Command.Delete(bytes(11))), "key bytes = 11", "1 to 10");
    refused(
        () -> LIMITS.check(new Command.Put(KEY, bytes(101))),
        "value bytes = 101",
        "0 to 100 (limits.max_value_size)");
    refused(
        () -> LIMITS.check(new Command.CompareAndSwap(KEY, Optional.of(bytes(101)), KEY)),
        "expected bytes = 101",
        "0 to 100");
    refused(
        () -> LIMITS.check(new Command.CompareAndSwap(KEY, Optional.of(bytes(70)), bytes(70))),
        "request bytes = 162",
        "1 to 150 (limits.max_request_size)");
    refused(() -> LIMITS.checkKeys(List.of()), "number of keys = 0", "1 to 4");
    refused(
        () -> LIMITS.checkKeys(Collections.nCopies(5, KEY)),
        "number of keys = 5",
        "1 to 4 (limits.max_keys_per_read)");
    refused(() -> LIMITS.checkKeys(List.of(KEY, bytes(11))), "key bytes = 11", "1 to 10");
    refused(
        () -> new Limits(10, 100, 15, 4).checkKeys(List.of(KEY, KEY)), "request bytes = 20", "15");
    refused(() -> LIMITS.checkScan(Scan.prefix(bytes(11))), "prefix bytes = 11", "0 to 10");
    refused(() -> LIMITS.checkScan(Scan.prefix(KEY).from(bytes(11))), "from bytes = 11", "0 to 10");
  }

  @Test
  void limitsThatMakeNoSenseAreRefused() {
    refused(() -> new Limits(0, 1, 1, 1), "maxKeyBytes = 0", "1 to 65535");
    refused(() -> new Limits(65_536, 1, 1, 1), "maxKeyBytes = 65536", "1 to 65535");
    refused(() -> new Limits(1, -1, 1, 1), "maxValueBytes = -1", "0 to ");
    refused(() -> new Limits(1, 1, 0, 1), "maxRequestBytes = 0", "1 to ");
    int beyond = StateMachine.MAX_COMMAND_BYTES + 1;
    refused(() -> new Limits(1, beyond, 1, 1), "maxValueBytes = 33554433", "0 to 33554432");
    refused(() -> new Limits(1, 1, beyond, 1), "maxRequestBytes = 33554433", "1 to 33554432");
    refused(() -> new Limits(1, 1, 1, 0), "maxKeysPerRead = 0", "1 to ");
  }

  @Test
  void theDefaultsAreTheDocumentedOnes() {
    assertThat(Limits.DEFAULT).isEqualTo(new Limits(4096, 1_048_576, 1_572_864, 1024));
    assertThat(Limits.DEFAULT.maxResponseBytes()).isLessThan(4 << 20);
  }

  private static void refused(ThrowingCallable call, String what, String permitted) {
    assertThatThrownBy(call)
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageContaining(what)
        .hasMessageContaining(permitted);
  }

  private static Bytes bytes(int length) {
    return Bytes.wrap(new byte[length]);
  }
}
