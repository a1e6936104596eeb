package dengine.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dengine.engine.TransferWindow.Wish;
import org.junit.jupiter.api.Test;

/// Which pieces are asked for, and again.
final class TransferWindowTest {

  @Test
  void aFewPiecesAreAskedForAndTheNextOnlyAsOnesAreTaken() {
    TransferWindow window = new TransferWindow(5, 30, 10, 2);

    assertThat(window.wishes()).containsExactly(new Wish(5, 10), new Wish(15, 10));
    assertThat(window.wishes()).isEmpty();
    assertThat(window.arrived(5, new byte[10])).isTrue();
    assertThat(window.wishes()).as("it has not been taken").isEmpty();
    assertThat(window.take(5)).hasSize(10);

    assertThat(window.wishes()).containsExactly(new Wish(25, 5));
  }

  @Test
  void whatWasOvertakenIsLostAndAskedForAgain() {
    TransferWindow window = new TransferWindow(0, 100, 10, 3);
    window.wishes();

    window.arrived(20, new byte[10]);

    assertThat(window.take(0)).isNull();
    assertThat(window.wishes()).containsExactly(new Wish(0, 10), new Wish(10, 10));
  }

  @Test
  void whatWasAskedForAgainIsNotOvertakenByWhatWasAskedForBefore() {
    TransferWindow window = new TransferWindow(0, 100, 10, 3);
    window.wishes();
    window.arrived(10, new byte[10]);
    assertThat(window.wishes()).containsExactly(new Wish(0, 10));

    window.arrived(20, new byte[10]);

    assertThat(window.wishes()).isEmpty();
  }

  @Test
  void aSenderThatGivesLessIsAskedForTheRest() {
    TransferWindow window = new TransferWindow(0, 10, 10, 3);
    window.wishes();

    window.arrived(0, new byte[4]);

    assertThat(window.wishes()).containsExactly(new Wish(4, 6));
  }

  @Test
  void whatNobodyAskedForIsNotTaken() {
    TransferWindow window = new TransferWindow(0, 20, 10, 1);
    window.wishes();

    assertThat(window.arrived(10, new byte[10])).isFalse();
    assertThat(window.arrived(0, new byte[11])).isFalse();
    assertThat(window.arrived(0, new byte[0])).isFalse();
    assertThat(window.arrived(0, new byte[10])).isTrue();
    assertThat(window.arrived(0, new byte[10])).as("twice").isFalse();
  }
}
