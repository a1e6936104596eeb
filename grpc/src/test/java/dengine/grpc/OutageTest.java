package dengine.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/// Which absences of a peer are worth a warning.
final class OutageTest {

  private static final String REFUSED = "UNAVAILABLE io exception (Connection refused)";
  private static final String STOPPING = "UNAVAILABLE " + Outage.stopping(2);
  private static final String AWAY = " no connection peer=2 address=h:1 reason=\"";

  private final RecordingLogger logger = new RecordingLogger();
  private long now = 5;
  private final Outage outage = new Outage(2, new RareLog(logger), () -> now);

  @Test
  void aPeerThatIsStartedLaterIsNoWarning() {
    outage.goesOn("h:1", REFUSED);
    now += Outage.PATIENCE_NANOS - 1;
    outage.goesOn("h:1", REFUSED);
    outage.ends("h:1");

    assertThat(logger.lines)
        .containsExactly("INFO" + AWAY + REFUSED + "\"", "INFO connected peer=2 address=h:1");
  }

  @Test
  void aPeerThatIsNeverThereIsAWarning() {
    outage.goesOn("h:1", REFUSED);
    now += Outage.PATIENCE_NANOS;
    outage.goesOn("h:1", REFUSED);

    assertThat(logger.lines).last().isEqualTo("WARNING" + AWAY + REFUSED + "\"");
  }

  @Test
  void aConnectionThatBreaksIsAWarningAtOnce() {
    outage.ends("h:1");

    outage.goesOn("h:1", "UNAVAILABLE Network closed");

    assertThat(logger.lines).containsExactly("WARNING" + AWAY + "UNAVAILABLE Network closed\"");
  }

  @Test
  void aPeerThatStopsIsAWarningOnlyWhenItStaysAway() {
    outage.ends("h:1");
    outage.goesOn("h:1", STOPPING);
    outage.goesOn("h:1", REFUSED);
    assertThat(logger.lines).containsExactly("INFO" + AWAY + STOPPING + "\"");

    now += Outage.PATIENCE_NANOS;
    outage.goesOn("h:1", REFUSED);

    assertThat(logger.lines).last().isEqualTo("WARNING" + AWAY + REFUSED + "\"");
  }

  @Test
  void everyAbsenceHasItsOwnPatience() {
    outage.goesOn("h:1", REFUSED);
    outage.ends("h:1");
    now += Outage.PATIENCE_NANOS;
    outage.goesOn("h:1", STOPPING);

    assertThat(logger.lines).noneMatch(line -> line.startsWith("WARNING"));
  }
}
