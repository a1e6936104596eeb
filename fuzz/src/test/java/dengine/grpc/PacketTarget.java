package dengine.grpc;

import dengine.fuzz.Meter;
import dengine.fuzz.Target;
import dengine.raft.Entry;
import dengine.raft.Membership;
import dengine.raft.Message;
import dengine.raft.Position;
import dengine.raft.SnapshotPoint;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// A packet from a peer: as it is, and with version and checksum put right.
public final class PacketTarget implements Target {

  private static final int CONSTANT_BYTES = 8192;
  private static final int MEMBERS_BYTES_PER_BYTE = 64;

  @Override
  public String name() {
    return "peer-packet";
  }

  @Override
  public List<byte[]> seeds() {
    Position last = new Position(7, 2);
    Entry entry = new Entry(8, 3, 100, Entry.Kind.COMMAND, new byte[] {1, 2, 3});
    Entry noop = new Entry(9, 3, 100, Entry.Kind.NOOP, new byte[0]);
    return List.of(
        packet(),
        packet(new Message.AskVote(3, last, true, false), new Message.Vote(3, true, false)),
        packet(new Message.Replicate(3, 1, last, List.of(entry, noop), 6, 55)),
        packet(
            new Message.Replicated(3, 1, 9, 55),
            new Message.Conflict(3, 1, 7, last),
            new Message.Heartbeat(3, 1, 6, 4, 56),
            new Message.HeartbeatAck(3, 1, 4, 56),
            new Message.Outdated(4),
            new Message.CampaignNow(3)),
        packet(offer(Membership.of(1, 2, 3)), new Message.NotMember(3, 9)),
        packet(
            new Message.Introduce(0, 77, new TreeMap<>(Map.of(1, 77L, 2, 78L)), true, "h:1"),
            new Message.Recognize(3, 77, true)),
        packet(
            new Message.Transfer.Ask(3, 1, last, 5, 100, 4096),
            new Message.Transfer.Piece(3, last, 5, 100, new byte[] {1, 2, 3}),
            new Message.Transfer.End(3, 1, last, false, "no room")));
  }

  private static Message offer(Membership membership) {
    SnapshotPoint point = new SnapshotPoint(new Position(7, 2), 100, membership, 3);
    return new Message.OfferSnapshot(3, 1, point, 1000, 5);
  }

  @Override
  public List<byte[]> large() {
    Message[] outdated = new Message[PeerCodec.MAX_MESSAGES];
    Arrays.fill(outdated, new Message.Outdated(1));
    List<Entry> entries = new ArrayList<>();
    for (long index = 1; index <= 100_000; index++) {
      entries.add(new Entry(index, 1, 0, Entry.Kind.NOOP, new byte[0]));
    }
    TreeMap<Integer, Long> heard = new TreeMap<>();
    TreeMap<Integer, Membership.Member> details = new TreeMap<>();
    for (int id = 1; id <= PeerCodec.MAX_FOUNDERS; id++) {
      heard.put(id, (long) id);
      details.put(id, new Membership.Member("host:1", id, true, 1));
    }
    return List.of(
        packet(outdated),
        packet(new Message.Replicate(1, 1, Position.ORIGIN, entries, 0, 0)),
        packet(new Message.Introduce(0, 1, heard, true, "h:1")),
        packet(offer(Membership.of(heard.keySet()).withDetails(details))),
        packet(new Message.Transfer.Piece(1, Position.ORIGIN, 1, 0, new byte[1 << 20])));
  }

  private static byte[] packet(Message... messages) {
    List<Message> all = List.of(messages);
    return PeerCodec.encode(all, all.stream().mapToInt(PeerCodec::size).sum(), false);
  }

  @Override
  public void decode(byte[] input, Meter meter) {
    measure(input, meter);
    if (input.length >= PeerCodec.HEADER_BYTES) {
      byte[] sealed = input.clone();
      sealed[0] = PeerCodec.VERSION;
      ByteBuffer.wrap(sealed).putInt(PeerCodec.CRC_AT, PeerCodec.checksum(sealed));
      measure(sealed, meter);
    }
  }

  private static void measure(byte[] packet, Meter meter) {
    // What carries members costs more, so there is one of its kind in a packet.
    int members = hasMembers(packet) ? MEMBERS_BYTES_PER_BYTE * packet.length : 0;
    meter.measure(
        packet.length,
        CONSTANT_BYTES + members,
        () -> {
          try {
            List<Message> _ = PacketReader.read(packet);
          } catch (MalformedPacketException e) {
            // Declared.
          }
        });
  }

  private static boolean hasMembers(byte[] packet) {
    for (byte each : packet) {
      if (each == PeerCodec.OFFER_SNAPSHOT || each == PeerCodec.INTRODUCE) {
        return true;
      }
    }
    return false;
  }
}
