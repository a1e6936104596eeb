package dengine.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/// Which messages without an address are worth a line in the log.
final class UnaddressedTest {

  private static final long PATIENCE = Unaddressed.PATIENCE_NANOS;

  private final RecordingLogger logger = new RecordingLogger();
  private long now = 5;
  private final Unaddressed unaddressed = new Unaddressed(new RareLog(logger), () -> now);

  @Test
  void aNodeThatJoinsWarnsOfNothing() {
    unaddressed.dropped(2);
    now += PATIENCE - 1;
    unaddressed.dropped(2);
    unaddressed.over(2);
    now += 1;
    unaddressed.dropped(2);

    assertThat(logger.lines).isEmpty();
  }

  @Test
  void anAddressThatDoesNotComeIsWarnedOf() {
    unaddressed.dropped(2);
    now += PATIENCE / 2;
    unaddressed.dropped(2);
    now += PATIENCE / 2;
    unaddressed.dropped(2);

    assertThat(logger.lines)
        .singleElement()
        .asString()
        .startsWith("WARNING messages are dropped peer=2 reason=\"no address is known for it;");
  }

  @Test
  void twoMessagesFarApartAreTwoBeginnings() {
    unaddressed.dropped(2);
    now += PATIENCE;
    unaddressed.dropped(2);

    assertThat(logger.lines).isEmpty();
  }

  @Test
  void madeUpNumbersAreForgottenAgain() {
    for (int peer = 1; peer <= 1000; peer++) {
      unaddressed.dropped(peer);
    }
    now += PATIENCE;
    for (int i = 0; i < 3; i++) {
      unaddressed.dropped(2000);
      now += PATIENCE / 2;
    }

    assertThat(logger.lines).singleElement().asString().contains("peer=2000 ");
  }

  @Test
  void madeUpNumbersTakeNoMoreRoomThanSoMuch() {
    for (int round = 0; round < 3; round++) {
      for (int peer = 1; peer <= 1001; peer++) {
        unaddressed.dropped(peer);
      }
      now += PATIENCE / 2;
    }

    assertThat(logger.lines).hasSize(1000).noneMatch(line -> line.contains("peer=1001 "));
  }
}
