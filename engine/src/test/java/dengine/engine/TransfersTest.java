package dengine.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dengine.engine.spi.SnapshotStore.Snapshot;
import dengine.raft.Event;
import dengine.raft.Message;
import dengine.raft.Position;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// Snapshots on their way from node 1 to node 2 and others, whatever happens on the way.
final class TransfersTest extends TransferHosts {

  private static final Class<Message.Transfer.Ask> ASK = Message.Transfer.Ask.class;
  private static final Class<Message.Transfer.Piece> PIECES = Message.Transfer.Piece.class;
  private static final Class<Message.Transfer.End> END = Message.Transfer.End.class;
  private static final Class<Message.OfferSnapshot> OFFER = Message.OfferSnapshot.class;

  @Test
  void aSnapshotArrivesAsItWasSentAndBothSidesHearOfIt() {
    Snapshot sent = host(1).has(50, 95);
    host(2);

    host(1).sendTo(2, 7);
    settle();

    assertThat(host(2).store.bytes(new Position(50, 1)))
        .isEqualTo(host(1).store.bytes(new Position(50, 1)));
    assertThat(host(2).news.heard).containsExactly(new Event.SnapshotFetched(sent.point()));
    assertThat(host(1).news.heard).containsExactly(new Event.SnapshotSent(2, 7));
    assertThat(host(1).counters.sent.sum()).isEqualTo(1);
    assertThat(host(2).counters.received.sum()).isEqualTo(1);
    assertThat(host(1).counters.bytesSent.sum()).isEqualTo(95);
    assertThat(host(1).store.open.get() + host(2).store.open.get()).isZero();
    assertThat(host(1).transfers.underWay()).isEmpty();
  }

  @Test
  void noMorePiecesAreAskedForThanMayBeInFlight() {
    host(1).has(50, 1000);
    host(2);
    loses = (_, message) -> message instanceof Message.Transfer.Piece;

    host(1).sendTo(2, 7);
    settle();

    assertThat(said(2, ASK)).hasSize(4);
    assertThat(host(1).transfers.underWay()).hasSize(1);
    assertThat(host(2).transfers.underWay())
        .containsExactly(new NodeStatus.Transfer(1, false, new Position(50, 1), 0, 1000));
  }

  @Test
  void lostPiecesAreAskedForAgain() {
    host(1).has(50, 300);
    host(2);
    Random random = new Random(1);
    loses = (_, message) -> message instanceof Message.Transfer && random.nextInt(8) == 0;

    host(1).sendTo(2, 7);
    pass(Duration.ofMinutes(1));

    assertThat(host(2).heard(Event.SnapshotFetched.class)).hasSize(1);
    assertThat(host(1).heard(Event.SnapshotSent.class)).hasSize(1);
  }

  @Test
  void anOfferIsRepeatedUntilThePeerAsks() {
    host(1).has(50, 30);
    host(2);
    loses = (_, message) -> message instanceof Message.OfferSnapshot && said(1, OFFER).size() < 3;

    host(1).sendTo(2, 7);
    pass(Duration.ofSeconds(5));

    assertThat(said(1, OFFER)).hasSize(3);
    assertThat(host(2).heard(Event.SnapshotFetched.class)).hasSize(1);
  }

  @Test
  void aPeerThatNeverAnswersIsReported() {
    host(1).has(50, 30);

    host(1).sendTo(2, 7);
    pass(Duration.ofSeconds(11));

    assertThat(host(1).news.heard).containsExactly(new Event.SnapshotSent(2, 7));
    assertThat(host(1).store.open.get()).isZero();
    assertThat(host(1).transfers.underWay()).isEmpty();
    assertThat(host(1).counters.transfersFailed.sum()).isEqualTo(1);
  }

  @Test
  void aNewerSnapshotTakesThePlaceOfWhatIsBeingFetchedAndAnOlderOneDoesNot() {
    host(1).has(50, 200);
    host(3).has(60, 100);
    host(4).has(40, 100);
    host(2);
    loses = (from, message) -> from == 1 && said(1, PIECES).size() > 9;
    host(1).sendTo(2, 7);
    settle();

    host(4).sendTo(2, 8);
    settle();
    assertThat(said(4, PIECES)).isEmpty();
    host(3).sendTo(2, 9);
    settle();

    assertThat(host(2).news.heard).containsExactly(new Event.SnapshotFetched(point(60)));
    assertThat(host(2).store.open.get()).isZero();
  }

  @Test
  void aReceiverWithoutRoomSaysSoAndIsLeftAloneForLongerAndLonger() {
    host(1).has(50, 30);
    host(2).store.room = 20;

    host(1).sendTo(2, 1);
    settle();
    assertThat(said(2, END).getFirst().reason()).contains("no room");
    assertThat(host(2).news.heard).containsExactly(new Event.FetchFailed(new Position(50, 1)));
    assertThat(host(1).news.heard).containsExactly(new Event.SnapshotSent(2, 1));
    host(1).sendTo(2, 2);
    pass(Duration.ofMillis(80));
    assertThat(said(1, OFFER)).hasSize(1);
    pass(Duration.ofMillis(20));
    assertThat(said(1, OFFER)).hasSize(2);
    host(1).sendTo(2, 3);
    pass(Duration.ofMillis(180));
    assertThat(said(1, OFFER)).hasSize(2);
    host(2).store.room = 30;
    pass(Duration.ofMillis(40));

    assertThat(said(1, OFFER)).hasSize(3);
    assertThat(host(2).heard(Event.SnapshotFetched.class)).hasSize(1);
    assertThat(host(1).heard(Event.SnapshotSent.class)).hasSize(3);
  }

  @Test
  void aDiskThatFillsOnTheWayEndsTheTransferAndKeepsWhatIsThere() {
    host(1).has(50, 100);
    host(2);
    loses =
        (_, message) -> {
          host(2).store.room = said(1, PIECES).size() > 5 ? 0 : Long.MAX_VALUE;
          return false;
        };

    host(1).sendTo(2, 1);
    settle();

    assertThat(host(2).news.heard).containsExactly(new Event.FetchFailed(new Position(50, 1)));
    assertThat(host(1).news.heard).containsExactly(new Event.SnapshotSent(2, 1));
    assertThat(host(2).store.open.get()).isZero();
    assertThat(host(2).store.partBytes()).isPositive();
  }

  @Test
  void aSnapshotThatArrivesDamagedIsFetchedAnew() {
    host(1).has(50, 100);
    host(2);
    changes = message -> message instanceof Message.Transfer.Piece piece ? zeros(piece) : message;

    host(1).sendTo(2, 7);
    settle();
    assertThat(host(2).news.heard).containsExactly(new Event.FetchFailed(new Position(50, 1)));
    assertThat(host(1).news.heard).containsExactly(new Event.SnapshotSent(2, 7));
    changes = message -> message;
    host(1).sendTo(2, 8);
    pass(Duration.ofSeconds(1));

    assertThat(host(2).heard(Event.SnapshotFetched.class)).hasSize(1);
  }

  @Test
  void aSenderThatCannotReadItsSnapshotSaysSo() {
    host(1).has(50, 100);
    host(2);
    host(1).store.damaged = true;

    host(1).sendTo(2, 7);
    settle();

    assertThat(host(1).news.heard).containsExactly(new Event.SnapshotSent(2, 7));
    assertThat(said(1, OFFER)).isEmpty();
    assertThat(host(1).unreadable.contains(new Position(50, 1))).isTrue();
  }

  @Test
  void aSenderWhoseSnapshotArrivesDamagedSuspectsItsOwn() {
    host(1).has(50, 100);
    host(2);
    changes = message -> message instanceof Message.Transfer.Piece piece ? zeros(piece) : message;

    host(1).sendTo(2, 7);
    settle();
    host(1).unreadable.readSuspected(() -> false);
    assertThat(host(1).unreadable.contains(new Position(50, 1))).as("on its way").isFalse();
    host(1).store.rotten = true;
    host(1).sendTo(2, 8);
    pass(Duration.ofSeconds(1));
    host(1).unreadable.readSuspected(() -> false);

    assertThat(host(1).unreadable.contains(new Position(50, 1))).isTrue();
    assertThat(host(1).store.open.get()).isZero();
  }

  @Test
  void whatAPeerHasPartOfIsGivenUpWhenItIsUnreadableAndThereIsANewerOne() {
    host(1).has(50, 100);
    host(2);
    changes = message -> message instanceof Message.Transfer.Piece piece ? zeros(piece) : message;
    host(1).sendTo(2, 7);
    settle();
    host(1).has(60, 100);
    host(1).unreadable.add(new Position(50, 1));
    changes = message -> message;

    host(1).sendTo(2, 8);
    pass(Duration.ofSeconds(1));

    assertThat(host(2).news.heard).contains(new Event.SnapshotFetched(point(60)));
  }

  private static Message zeros(Message.Transfer.Piece piece) {
    return new Message.Transfer.Piece(
        piece.term(), piece.position(), piece.fingerprint(), piece.offset(), new byte[PIECE]);
  }

  @Test
  void aFewPeersAreSentToAtATimeAndTheOthersAfterThem() {
    SnapshotOptions two =
        new SnapshotOptions(
            OPTIONS.policy(),
            2,
            0,
            0,
            OPTIONS.writeBytesPerSecond(),
            0,
            PIECE,
            4,
            2,
            OPTIONS.pieceTimeout(),
            OPTIONS.idleTimeout());
    host(1, two).has(50, 100);
    for (int id = 2; id <= 5; id++) {
      host(id);
      host(1).sendTo(id, id);
    }
    loses = (_, message) -> message instanceof Message.Transfer.Piece;
    settle();
    assertThat(host(1).transfers.underWay()).hasSize(2);

    loses = (_, _) -> false;
    pass(Duration.ofSeconds(3));

    assertThat(host(1).heard(Event.SnapshotSent.class)).hasSize(4);
    for (int id = 2; id <= 5; id++) {
      assertThat(host(id).heard(Event.SnapshotFetched.class)).hasSize(1);
    }
  }

  @Test
  void asManyBytesAreSentPerSecondAsTheOptionsAllow() {
    SnapshotOptions slow = OPTIONS.withTransfer(64 << 10, 256 << 10, 4);
    host(1, slow).has(50, 640 << 10);
    host(2, slow);

    host(1).sendTo(2, 7);
    pass(Duration.ofSeconds(5));
    long half = host(1).counters.bytesSent.sum();
    pass(Duration.ofSeconds(6));

    assertThat(half).isBetween(300L << 10, 344L << 10);
    assertThat(host(2).heard(Event.SnapshotFetched.class))
        .as("being slow is no failure")
        .hasSize(1);
    assertThat(host(1).counters.bytesSent.sum()).as("nothing twice").isEqualTo(640 << 10);
  }

  @Test
  void whoeverAsksForWhatIsNotBeingSentIsTold() {
    host(1).has(50, 100);
    host(2);

    host(1).transfers.received(2, new Message.Transfer.Ask(1, 7, new Position(50, 1), 0, 0, PIECE));
    settle();

    assertThat(said(1, END)).hasSize(1);
    assertThat(said(1, END).getFirst().complete()).isFalse();
  }

  @Test
  void asksThatMakeNoSenseAreNotAnswered() {
    Snapshot sent = host(1).has(50, 100);
    host(1).sendTo(2, 7);
    settle();

    for (long[] range : List.of(new long[] {-1, 10}, new long[] {100, 10}, new long[] {0, -5})) {
      host(1)
          .transfers
          .received(
              2,
              new Message.Transfer.Ask(
                  1, 7, sent.point().position(), sent.fingerprint(), range[0], (int) range[1]));
    }
    settle();

    assertThat(said(1, PIECES)).isEmpty();
    assertThat(host(1).transfers.underWay()).hasSize(1);
  }

  @Test
  void theLatestSessionCountsForAPeer() {
    host(1).has(50, 100);
    loses = (_, message) -> message instanceof Message.OfferSnapshot;
    host(1).sendTo(2, 7);
    settle();

    loses = (_, _) -> false;
    host(2);
    host(1).sendTo(2, 8);
    settle();

    assertThat(said(1, OFFER).getLast().session()).isEqualTo(8);
    assertThat(host(1).news.heard).containsExactly(new Event.SnapshotSent(2, 8));
  }

  @Test
  void aNodeThatEndsClosesItsFilesAndKeepsWhatItHas() {
    host(1).has(50, 200);
    host(2);
    loses = (_, message) -> message instanceof Message.Transfer.Piece && said(1, PIECES).size() > 9;
    host(1).sendTo(2, 7);
    settle();

    host(1).transfers.close();
    host(2).transfers.close();

    assertThat(host(1).store.open.get() + host(2).store.open.get()).isZero();
    assertThat(host(2).store.partBytes()).isEqualTo(90);
  }
}
