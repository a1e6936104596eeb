package dengine.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import dengine.raft.Membership;
import dengine.raft.Message;
import dengine.raft.Position;
import dengine.raft.SnapshotPoint;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

final class OutboxTest {

  private static final Message HEARTBEAT = new Message.Heartbeat(3, 1, 5, 0, 7);

  private int losses;
  private final Outbox outbox = new Outbox(Runnable::run, 32 << 20, () -> {}, () -> losses++);

  @Test
  void aHeartbeatLeavesBeforeThePiecesOfASnapshotThatWait() throws Exception {
    for (int i = 0; i < 20; i++) {
      outbox.add(piece(i, 200 << 10));
    }
    outbox.add(HEARTBEAT);

    List<Message> packet = next();

    assertThat(packet).hasSize(2);
    assertThat(packet.getFirst()).isEqualTo(HEARTBEAT);
    assertThat(packet.getLast()).isInstanceOf(Message.Transfer.Piece.class);
  }

  @Test
  void piecesAreNotStarvedHoweverMuchElseWaits() throws Exception {
    for (int i = 0; i < 8; i++) {
      outbox.add(new Message.Transfer.End(1, 1, Position.ORIGIN, false, "x".repeat(300)));
      outbox.add(piece(i, 256 << 10));
    }
    List<Long> offsets = new ArrayList<>();
    int packets = 0;
    while (offsets.size() < 8) {
      // Something else is always there.
      for (int i = 0; i < 2000; i++) {
        outbox.add(new Message.Transfer.End(1, 1, Position.ORIGIN, false, "x".repeat(300)));
      }
      for (Message message : next()) {
        if (message instanceof Message.Transfer.Piece piece) {
          offsets.add(piece.offset());
        }
      }
      packets++;
    }

    assertThat(offsets).containsExactly(0L, 1L, 2L, 3L, 4L, 5L, 6L, 7L);
    assertThat(packets).isEqualTo(16);
  }

  @Test
  void messagesThatCarryMembersTravelOnePerPacket() throws Exception {
    Message introduce = new Message.Introduce(0, 7, new TreeMap<>(), false, "h:1");
    SnapshotPoint point = new SnapshotPoint(new Position(7, 2), 0, Membership.of(1, 2), 3);
    Message offer = new Message.OfferSnapshot(3, 1, point, 1000, 5);
    for (Message message : List.of(HEARTBEAT, introduce, HEARTBEAT, offer, HEARTBEAT)) {
      outbox.add(message);
    }

    assertThat(next()).containsExactly(HEARTBEAT, introduce, HEARTBEAT);
    assertThat(next()).containsExactly(offer, HEARTBEAT);
    assertThat(outbox.nextPacket()).isNull();
  }

  @Test
  void whatIsDroppedMakesRoomAndDoesNotStayDue() throws Exception {
    for (int i = 0; i < 1000; i++) {
      outbox.add(new Message.Transfer.End(1, 1, Position.ORIGIN, false, "x".repeat(300)));
    }
    for (int i = 0; i < 200; i++) {
      outbox.add(piece(i, 256 << 10));
    }
    assertThat(losses).isPositive();
    var _ = next();

    assertThat(outbox.clear()).isTrue();
    outbox.add(HEARTBEAT);

    assertThat(next()).containsExactly(HEARTBEAT);
    assertThat(outbox.clear()).isFalse();
  }

  private List<Message> next() throws MalformedPacketException {
    byte[] packet = outbox.nextPacket();
    assertThat(packet).isNotNull();
    return PacketReader.read(packet);
  }

  private static Message piece(long offset, int bytes) {
    return new Message.Transfer.Piece(3, new Position(9, 2), 5, offset, new byte[bytes]);
  }
}
