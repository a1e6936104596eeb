package dengine.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dengine.raft.Event;
import dengine.raft.Message;
import dengine.raft.Position;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/// Transfers that break off, and what becomes of what had arrived.
final class InterruptedTransferTest extends TransferHosts {

  private static final Class<Message.Transfer.Piece> PIECES = Message.Transfer.Piece.class;

  @Test
  void anInterruptedTransferGoesOnWhereItWas() {
    host(1).has(50, 200);
    host(2);
    loses = (_, message) -> message instanceof Message.Transfer.Piece && said(1, PIECES).size() > 9;
    host(1).sendTo(2, 7);
    pass(Duration.ofSeconds(60));
    assertThat(host(2).news.heard).containsExactly(new Event.FetchFailed(new Position(50, 1)));
    assertThat(host(1).heard(Event.SnapshotSent.class)).hasSize(1);
    long there = host(2).store.partBytes();
    int before = said(1, PIECES).size();

    loses = (_, _) -> false;
    host(2).restart();
    host(1).sendTo(2, 8);
    settle();

    assertThat(there).isEqualTo(90);
    assertThat(said(1, PIECES).size() - before).as("what was missing").isEqualTo(11);
    assertThat(host(2).heard(Event.SnapshotFetched.class)).hasSize(1);
    assertThat(host(2).counters.resumed.sum()).isEqualTo(1);
  }

  @Test
  void aPeerThatIsRestartedIsOfferedTheRestWithinAPiecesTime() {
    host(1).has(50, 200);
    host(2);
    loses = (_, message) -> message instanceof Message.Transfer.Piece && said(1, PIECES).size() > 9;
    host(1).sendTo(2, 7);
    settle();
    int before = said(1, PIECES).size();
    loses = (_, _) -> false;

    host(2).restart();
    pass(OPTIONS.pieceTimeout().plusMillis(20));

    assertThat(host(2).heard(Event.SnapshotFetched.class)).hasSize(1);
    assertThat(said(1, PIECES).size() - before).as("what was missing").isEqualTo(11);
    assertThat(host(1).heard(Event.SnapshotSent.class)).hasSize(1);
  }

  @Test
  void whatAPeerHasPartOfGoesOnAlthoughThereIsANewerOne() {
    host(1).has(50, 200);
    host(2);
    loses = (_, message) -> message instanceof Message.Transfer.Piece && said(1, PIECES).size() > 9;
    host(1).sendTo(2, 7);
    pass(Duration.ofSeconds(60));
    host(1).has(60, 200);
    host(1).logBase = 50;

    loses = (_, _) -> false;
    host(1).sendTo(2, 8);
    settle();

    assertThat(host(2).heard(Event.SnapshotFetched.class))
        .containsExactly(new Event.SnapshotFetched(point(50)));
  }

  @Test
  void whatTheLogNoLongerReachesBackToIsNotSent() {
    host(1).has(50, 200);
    host(2);
    loses = (_, message) -> message instanceof Message.Transfer.Piece && said(1, PIECES).size() > 9;
    host(1).sendTo(2, 7);
    pass(Duration.ofSeconds(60));
    host(1).has(60, 200);
    host(1).logBase = 51;

    loses = (_, _) -> false;
    host(1).sendTo(2, 8);
    settle();

    assertThat(host(2).heard(Event.SnapshotFetched.class))
        .containsExactly(new Event.SnapshotFetched(point(60)));
  }

  @Test
  void aSnapshotThatIsBeingSentStaysThoughItIsReplaced() {
    host(1).has(50, 200);
    host(2);
    loses = (_, message) -> message instanceof Message.Transfer.Piece && said(1, PIECES).size() > 9;
    host(1).sendTo(2, 7);
    settle();

    host(1).has(60, 10);
    host(1).store.retain(1);
    loses = (_, _) -> false;
    pass(Duration.ofSeconds(2));

    assertThat(host(2).heard(Event.SnapshotFetched.class))
        .containsExactly(new Event.SnapshotFetched(point(50)));
  }

  @Test
  void anotherSenderOfTheSameFileIsAskedForTheRest() {
    host(1).has(50, 200);
    host(3).has(50, 200);
    host(2);
    loses = (from, message) -> from == 1 && said(1, PIECES).size() > 9;
    host(1).sendTo(2, 7);
    settle();

    host(3).sendTo(2, 9);
    settle();

    assertThat(host(2).heard(Event.SnapshotFetched.class)).hasSize(1);
    assertThat(said(3, PIECES)).hasSize(11);
    assertThat(host(3).counters.sent.sum()).isEqualTo(1);
  }
}
