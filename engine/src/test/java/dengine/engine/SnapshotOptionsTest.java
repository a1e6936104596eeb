package dengine.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import org.junit.jupiter.api.Test;

/// When a policy says that a snapshot is due, and what options refuse.
final class SnapshotOptionsTest {

  private static final SnapshotPolicy ALL =
      SnapshotPolicy.firstOf(
          new SnapshotPolicy.Entries(10),
          new SnapshotPolicy.Bytes(1000),
          new SnapshotPolicy.Age(Duration.ofSeconds(1)));

  @Test
  void whateverComesFirstMakesASnapshotDue() {
    assertThat(ALL.isDue(9, 999, 999_999_999)).isFalse();
    assertThat(ALL.isDue(10, 0, 0)).isTrue();
    assertThat(ALL.isDue(1, 1000, 0)).isTrue();
    assertThat(ALL.isDue(1, 0, 1_000_000_000)).isTrue();
  }

  @Test
  void noneIsDueWhileNothingHasChanged() {
    assertThat(ALL.isDue(0, 0, Long.MAX_VALUE)).isFalse();
  }

  @Test
  void onDemandNeverComesByItself() {
    assertThat(SnapshotPolicy.onDemand().isDue(Long.MAX_VALUE - 1, Long.MAX_VALUE - 1, 1L << 62))
        .isFalse();
  }

  @Test
  void whatMakesNoSenseIsRefusedWithItsNameAndWhatIsPermitted() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> SnapshotOptions.DEFAULT.withRetention(0, 0, 0))
        .withMessageContaining("retainCount = 0");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> SnapshotOptions.DEFAULT.withWriting(0))
        .withMessageContaining("writeBytesPerSecond = 0, permitted: >= 65536");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> SnapshotOptions.DEFAULT.withTransfer(1, 1, 1))
        .withMessageContaining("transferBytesPerSecond = 1, permitted: 0, or >= 65536");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> SnapshotOptions.DEFAULT.withTransfer(0, 2 << 20, 1))
        .withMessageContaining("pieceBytes");
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                SnapshotOptions.DEFAULT.withTimeouts(Duration.ofSeconds(1), Duration.ofSeconds(1)))
        .withMessageContaining("idleTimeout");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new SnapshotPolicy.Age(Duration.ZERO))
        .withMessageContaining("age");
  }
}
