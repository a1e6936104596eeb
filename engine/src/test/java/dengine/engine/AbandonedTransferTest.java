package dengine.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dengine.raft.Event;
import dengine.raft.Message;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/// Snapshots that were offered or begun, and of which nothing can come any more.
final class AbandonedTransferTest extends TransferHosts {

  @Test
  void anOlderSnapshotIsTakenWhenTheSenderOfTheNewerOneIsGone() {
    host(1).has(60, 200);
    host(3).has(50, 100);
    host(2);
    loses = (from, _) -> from == 1 && said(1, Message.Transfer.Piece.class).size() > 9;
    host(1).sendTo(2, 7);
    pass(Duration.ofSeconds(2));
    assertThat(host(2).store.partBytes()).isPositive();

    host(3).sendTo(2, 8);
    pass(Duration.ofSeconds(3));

    assertThat(host(2).heard(Event.SnapshotFetched.class))
        .containsExactly(new Event.SnapshotFetched(point(50)));
  }

  @Test
  void aPeerThatWasAwayIsOfferedTheSnapshotThatTheLogGoesOnAfter() {
    host(1).has(50, 100);
    host(1).sendTo(2, 7);
    pass(Duration.ofSeconds(2));
    host(1).has(60, 100);
    host(1).logBase = 55;

    host(2);
    pass(Duration.ofSeconds(2));

    assertThat(host(2).heard(Event.SnapshotFetched.class))
        .containsExactly(new Event.SnapshotFetched(point(60)));
    assertThat(host(1).store.open.get()).isZero();
  }
}
