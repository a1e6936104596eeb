package dengine.raft;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
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

  /// What is in flight, by definition: everything sent and not acknowledged, until a restart of
  /// probing.
  @Test
  void theWindowAgreesWithAPlainList() {
    long seed = Long.getLong("seed", System.nanoTime());
    Random random = new Random(seed);
    for (int round = 0; round < 500; round++) {
      int messages = 1 + random.nextInt(4);
      RaftOptions options = Options.oneEntryPerMessage(messages);
      Progress peer = new Progress(2, 0, 1, 1, 0);
      List<Long> inflight = new ArrayList<>();
      long match = 0;
      long next = 1;
      peer.matched(0);
      for (int step = 0; step < 100; step++) {
        switch (random.nextInt(4)) {
          case 0, 1 -> {
            if (!peer.windowIsFull(options)) {
              next += 1 + random.nextInt(3);
              peer.streamed(next - 1, 10);
              inflight.add(next - 1);
            }
          }
          case 2 -> {
            long acknowledged = random.nextLong(next);
            peer.matched(acknowledged);
            match = Math.max(match, acknowledged);
            next = Math.max(next, match + 1);
          }
          default -> {
            if (random.nextInt(5) == 0) {
              next = match + 1;
              inflight.clear();
              peer.probeFrom(random.nextLong(match + 2));
              peer.matched(match);
            }
          }
        }
        long acknowledged = match;
        inflight.removeIf(last -> last <= acknowledged);
        assertThat(peer.match()).as("seed %d", seed).isEqualTo(match);
        assertThat(peer.next()).as("seed %d", seed).isEqualTo(next);
        assertThat(peer.hasUnanswered()).as("seed %d", seed).isEqualTo(!inflight.isEmpty());
        assertThat(peer.windowIsFull(options))
            .as("seed %d", seed)
            .isEqualTo(inflight.size() >= messages);
      }
    }
  }

  private static Message.Replicate replicateTo2(Scenario s) {
    s.proposes(1, "x");
    Message found = s.inFlight(1, 2).getFirst();
    s.deliversAll();
    return (Message.Replicate) found;
  }
}
