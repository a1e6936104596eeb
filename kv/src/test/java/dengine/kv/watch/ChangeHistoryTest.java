package dengine.kv.watch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dengine.api.CompactedException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class ChangeHistoryTest {

  private static final long MUCH = 1 << 30;
  private static final byte[] KEY = "k".getBytes(StandardCharsets.UTF_8);

  private static void put(ChangeHistory history, long revision, int bytes) {
    history.begin(revision);
    history.put(revision, KEY, 0, KEY.length, new byte[bytes], 0, bytes, null);
    history.published(revision);
  }

  private static long oldest(ChangeHistory history, long asked) {
    try {
      history.find(asked, false);
      return 0;
    } catch (CompactedException gone) {
      return gone.oldestRevision();
    }
  }

  @Test
  void theOldestChangesGoWhenThereAreTooMany() {
    ChangeHistory history = new ChangeHistory(3, MUCH, 100);
    for (long revision = 110; revision < 160; revision += 10) {
      put(history, revision, 1);
    }

    assertThat(history.at(2)).isNull();
    assertThat(history.at(3)).extracting(Change::revision).isEqualTo(130L);
    assertThat(history.at(6)).isNull();
    assertThat(history.oldestRevision()).isEqualTo(121);
    assertThat(oldest(history, 120)).isEqualTo(121);
    // Between two changes there is nothing that could be missing.
    assertThat(history.find(121, false)).isEqualTo(3);
    assertThat(history.find(150, false)).isEqualTo(5);
    assertThat(history.find(1000, false)).isEqualTo(6);
  }

  @Test
  void theOldestChangesGoWhenTheyAreTooLargeButNeverTheLast() {
    ChangeHistory history = new ChangeHistory(100, 1000, 0);
    put(history, 1, 300);
    put(history, 2, 300);
    assertThat(history.find(1, false)).isEqualTo(1);
    put(history, 3, 300);
    assertThat(oldest(history, 1)).isEqualTo(2);

    put(history, 4, 5000);

    assertThat(history.at(3)).isNull();
    assertThat(history.at(4)).isNotNull();
    assertThat(history.head().bytes()).isGreaterThan(5000).isLessThan(5300);
  }

  @Test
  void aNewHistoryBeginsAfterTheStoresRevision() {
    ChangeHistory history = new ChangeHistory(3, MUCH, 100);

    assertThat(oldest(history, 100)).isEqualTo(101);
    assertThat(history.find(101, false)).isEqualTo(1);
  }

  @Test
  void nobodyStartsBeforeAStateThatTookThePlaceOfAnother() {
    ChangeHistory history = new ChangeHistory(10, MUCH, 0);
    put(history, 1, 1);
    history.replaced(50);
    put(history, 51, 1);

    assertThat(oldest(history, 1)).isEqualTo(51);
    assertThat(oldest(history, 50)).isEqualTo(51);
    assertThat(history.find(51, false)).isEqualTo(3);
    // Those who were behind find out themselves.
    assertThat(history.at(1)).isNotNull();
    assertThat(history.at(2)).extracting(Change::kind).isEqualTo(Change.Kind.REPLACEMENT);
  }

  @Test
  void previousValuesAreThereFromTheFirstBatchThatKnewThatTheyAreWanted() {
    ChangeHistory history = new ChangeHistory(10, MUCH, 0);
    put(history, 1, 1);
    assertThatThrownBy(() -> history.find(1, true)).isInstanceOf(CompactedException.class);
    assertThat(history.find(2, true)).isEqualTo(2);
    history.begin(2);
    history.wantPrevious();
    assertThat(history.wantsPrevious()).isFalse();
    history.published(2);
    put(history, 3, 1);
    put(history, 4, 1);

    assertThat(history.wantsPrevious()).isTrue();
    assertThatThrownBy(() -> history.find(2, true))
        .isInstanceOfSatisfying(
            CompactedException.class, gone -> assertThat(gone.oldestRevision()).isEqualTo(3))
        .hasMessageStartingWith("from revision = 2 with previous values, permitted: >= 3; ");
    // History begins at 1: before that it is the history that is gone.
    assertThatThrownBy(() -> history.find(0, true)).hasMessageContaining("history of what came");
    assertThat(history.find(4, true)).isEqualTo(3);
  }

  @Test
  void whoeverWantedPreviousValuesMayGoOnAsLongAsThereIsHistory() {
    ChangeHistory history = new ChangeHistory(10, MUCH, 0);
    history.wantPrevious();
    put(history, 1, 1);
    history.wantPreviousNoMore();
    for (int revision = 2; revision <= 10; revision++) {
      put(history, revision, 1);
    }

    assertThat(history.find(2, true)).isEqualTo(2);
    put(history, 11, 1);
    put(history, 12, 1);
    assertThat(history.wantsPrevious()).as("nobody came").isFalse();
    assertThatThrownBy(() -> history.find(11, true)).isInstanceOf(CompactedException.class);
  }

  @Test
  void whatIsToRunBetweenBatchesWaitsForTheOneUnderWay() {
    ChangeHistory history = new ChangeHistory(10, MUCH, 0);
    List<String> ran = new ArrayList<>();
    history.betweenBatches(() -> ran.add("at once"));
    history.begin(1);
    history.betweenBatches(() -> ran.add("after " + history.head().revision()));
    assertThat(ran).containsExactly("at once");

    history.published(1);

    assertThat(ran).containsExactly("at once", "after 1");
  }

  /// What is to run there had the batch not been told of: it would capture no previous values.
  @Test
  void whoRunsBetweenBatchesRunsNothingOfOthersInABatchThatHasBegunMeanwhile() {
    ChangeHistory history = new ChangeHistory(10, MUCH, 0);
    List<String> ran = new ArrayList<>();

    history.betweenBatches(
        () -> {
          history.begin(1);
          history.betweenBatches(() -> ran.add("after " + history.head().revision()));
        });
    assertThat(ran).isEmpty();
    history.published(1);

    assertThat(ran).containsExactly("after 1");
  }
}
