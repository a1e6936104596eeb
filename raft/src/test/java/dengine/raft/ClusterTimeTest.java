package dengine.raft;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

/// The time that the log carries, and that it goes on when nobody writes.
final class ClusterTimeTest {

  private static final Duration GRACE = Duration.ofMillis(50);

  @Test
  void whenSomethingIsDueAndNobodyWritesAnEntrySaysThatTheTimeHasCome() {
    Scenario s = Scenario.of(3).elects(1).beats(1).proposes(1, "a").deliversAll();
    long written = s.raft(1).last().index();
    long due = lastTime(s, 1) + 700;
    s.on(1, new Event.Due(due, false));

    passes(s, Duration.ofMillis(700));
    assertThat(s.raft(1).last().index()).as("others may come in the meantime").isEqualTo(written);
    passes(s, GRACE);

    assertThat(s.raft(1).last().index()).isEqualTo(written + 1);
    assertThat(lastTime(s, 1)).isGreaterThanOrEqualTo(due);
    assertThat(s.raft(2).last()).isEqualTo(s.raft(1).last());
    passes(s, Duration.ofSeconds(1));
    assertThat(s.raft(1).last().index()).as("once is enough").isEqualTo(written + 1);
  }

  @Test
  void aWriteThatComesInTimeIsEnough() {
    Scenario s = Scenario.of(3).elects(1).beats(1);
    s.on(1, new Event.Due(lastTime(s, 1) + 100, false));
    passes(s, Duration.ofMillis(110));
    s.proposes(1, "a").deliversAll();
    long written = s.raft(1).last().index();

    passes(s, Duration.ofSeconds(1));

    assertThat(s.raft(1).last().index()).isEqualTo(written);
  }

  @Test
  void nothingIsWrittenWhileNothingIsDue() {
    Scenario s = Scenario.of(3).elects(1).beats(1);
    s.on(1, new Event.Due(lastTime(s, 1) + 700, false)).on(1, new Event.Due(Long.MAX_VALUE, false));
    long written = s.raft(1).last().index();

    passes(s, Duration.ofSeconds(30));

    assertThat(s.raft(1).last().index()).isEqualTo(written);
  }

  @Test
  void whileSomethingIsToComeTheTimeIsWrittenDownNowAndThen() {
    Scenario s = Scenario.of(3).elects(1).beats(1);
    long start = lastTime(s, 1);
    long written = s.raft(1).last().index();
    s.on(1, new Event.Due(start + 3_600_000, false));

    passes(s, Duration.ofSeconds(31));

    assertThat(s.raft(1).last().index()).isEqualTo(written + 3);
    assertThat(lastTime(s, 1)).isGreaterThanOrEqualTo(start + 30_000);
  }

  @Test
  void aNewLeaderGoesOnFromWhenItGotTheLastEntry() {
    Scenario s = Scenario.of(3).elects(1).proposes(1, "a").deliversAll().beats(1);
    long last = lastTime(s, 1);
    passes(s, Duration.ofSeconds(5));

    s.crashes(1).elects(2);

    assertThat(lastTime(s, 2)).isGreaterThanOrEqualTo(last + 5_000);
  }

  @Test
  void timeStandsStillWhileNoNodeIsUp() {
    Scenario s = Scenario.of(3).elects(1).proposes(1, "a").deliversAll().beats(1);
    long last = lastTime(s, 1);
    s.crashes(1).crashes(2).crashes(3).passes(Duration.ofHours(1));

    s.starts(1).starts(2).starts(3).elects(2);

    assertThat(lastTime(s, 2)).isBetween(last, last + 10_000);
  }

  @Test
  void timeThatNobodyElseGotToKnowIsForgottenWithItsEntries() {
    Scenario s = Scenario.of(3).elects(1).proposes(1, "a").deliversAll().beats(1);
    s.isolates(1).passes(Duration.ofSeconds(20)).proposes(1, "nobody else gets to know");
    // The others are down for an hour; time stands still for whoever asks them.
    s.crashes(2).crashes(3).passes(Duration.ofHours(1));
    s.starts(2).starts(3).elects(2);
    assertThat(lastTime(s, 2)).isLessThan(lastTime(s, 1));

    s.heals().beats(2).elects(1);

    assertThat(s.raft(1).last()).isEqualTo(s.raft(2).last());
    assertThat(lastTime(s, 1))
        .as("what was written in that hour's shadow has its time still before it")
        .isLessThan(10_000);
  }

  @Test
  void aSnapshotTakesTheTimeOfALogThatItReplaces() {
    Scenario s = Scenario.of(3).elects(1).proposes(1, "a").deliversAll().beats(1);
    s.isolates(1).passes(Duration.ofSeconds(20)).proposes(1, "nobody else gets to know");
    s.crashes(2).crashes(3).passes(Duration.ofHours(1));
    s.starts(2).starts(3).elects(2).proposes(2, "b").deliversAll().beats(2).takesSnapshot(2);

    s.losesAll().heals().beats(2).beats(2).beats(2);
    assertThat(s.raft(1).base()).as("it got a snapshot").isEqualTo(s.raft(2).last());
    s.elects(1);

    assertThat(lastTime(s, 1)).isLessThan(10_000);
  }

  @Test
  void aLeaderThatReachesNobodyMakesNothingHappen() {
    Scenario s = Scenario.of(3).elects(1).beats(1);
    s.isolates(1).on(1, new Event.Due(lastTime(s, 1) + 10, false));
    long committed = s.raft(1).commit();
    long written = s.raft(1).last().index();

    for (int i = 0; i < 15; i++) {
      s.passes(Duration.ofMillis(10)).looksAtClock(1);
    }

    assertThat(s.raft(1).last().index()).as("it says so once").isEqualTo(written + 1);
    assertThat(s.raft(1).commit()).as("and waits for a quorum").isEqualTo(committed);
    assertThat(s.raft(2).last().index()).isEqualTo(written);
  }

  @Test
  void whileMoreIsDueThanGoesWithOneEntryAnotherFollowsWhenItIsApplied() {
    Scenario s = Scenario.of(3).elects(1).beats(1).proposes(1, "a").deliversAll();
    long due = lastTime(s, 1);
    long written = s.raft(1).last().index();
    s.on(1, new Event.Due(due, true));

    passes(s, Duration.ofMillis(100));

    assertThat(s.raft(1).last().index()).as("no grace, but a pace").isEqualTo(written + 10);
    assertThat(s.raft(1).commit()).isEqualTo(written + 10);
    s.proposes(1, "b").deliversAll().looksAtClock(1);
    assertThat(s.raft(1).last().index()).as("what others write will do").isEqualTo(written + 11);
    s.on(1, new Event.Due(Long.MAX_VALUE, false));
    passes(s, Duration.ofSeconds(1));
    assertThat(s.raft(1).last().index()).isEqualTo(written + 11);
  }

  @Test
  void aLeaderThatReachesNobodySaysOnceThatMoreIsDue() {
    Scenario s = Scenario.of(3).elects(1).beats(1);
    s.isolates(1).on(1, new Event.Due(lastTime(s, 1), true));
    long written = s.raft(1).last().index();

    for (int i = 0; i < 15; i++) {
      s.passes(Duration.ofMillis(10)).looksAtClock(1);
    }

    assertThat(s.raft(1).last().index()).isEqualTo(written + 1);
  }

  @Test
  void aNewLeaderSeesToWhatIsLeft() {
    Scenario s = Scenario.of(3).elects(1).beats(1);
    s.on(2, new Event.Due(lastTime(s, 2), true)).crashes(1).elects(2);
    long written = s.raft(2).last().index();

    s.passes(Duration.ofMillis(10)).looksAtClock(2).deliversAll();

    assertThat(s.raft(2).last().index()).isEqualTo(written + 1);
  }

  @Test
  void aDeposedLeaderWritesNoTime() {
    Scenario s = Scenario.of(3).elects(1).beats(1);
    s.on(1, new Event.Due(lastTime(s, 1) + 600_000, false)).isolates(1).elects(2);
    s.heals().beats(2);
    long written = s.raft(1).last().index();

    s.passes(Duration.ofSeconds(700)).looksAtClock(1);

    assertThat(s.raft(1).last().index()).isEqualTo(written);
  }

  private static long lastTime(Scenario s, int id) {
    return s.node(id).disk().written().entries().getLast().time();
  }

  /// The leader looks at the clock whenever it wants to.
  private static void passes(Scenario s, Duration time) {
    Duration step = Duration.ofMillis(10);
    for (Duration left = time; left.isPositive(); left = left.minus(step)) {
      s.passes(step).looksAtClock(1).deliversAll();
    }
  }
}
