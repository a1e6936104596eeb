package dengine.raft;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

final class ProgressTest {

  @Test
  @DisplayName(
      "L7: a conflict at what the peer acknowledged is not answered at once, again and again")
  void aPeerThatDeniesWhatItAcknowledgedIsNotAskedInALoop() {
    Scenario s = Scenario.of(3).elects(1).proposes(1, "a").deliversAll();
    Message.Replicate last = replicateTo2(s);
    s.tellsUnreachable(1, 2).losesAll();

    s.arrives(2, 1, new Message.Conflict(1, last.session(), 3, Position.ORIGIN));

    assertThat(s.inFlight(1, 2)).isEmpty();
  }

  private static Message.Replicate replicateTo2(Scenario s) {
    s.proposes(1, "x");
    Message found = s.inFlight(1, 2).getFirst();
    s.deliversAll();
    return (Message.Replicate) found;
  }
}
