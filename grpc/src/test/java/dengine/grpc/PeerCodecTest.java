package dengine.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dengine.raft.Entry;
import dengine.raft.Membership;
import dengine.raft.Message;
import dengine.raft.Position;
import dengine.raft.SnapshotPoint;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

final class PeerCodecTest {

  private static final long SEED = Long.getLong("dengine.test.seed", System.nanoTime());

  private final Random random = new Random(SEED);

  @Test
  void everyMessageArrivesAsItWasSent() throws Exception {
    for (int round = 0; round < 2000; round++) {
      List<Message> sent = new ArrayList<>();
      int number = random.nextInt(12);
      for (int i = 0; i < number; i++) {
        sent.add(randomMessage(random));
      }
      while (sent.stream().filter(PeerCodec::carriesMembers).count() > PeerCodec.MAX_WITH_MEMBERS) {
        sent.removeIf(PeerCodec::carriesMembers);
      }

      byte[] packet = encode(sent);

      // Pieces hold arrays.
      assertThat(PacketReader.read(packet))
          .as("seed %d", SEED)
          .usingRecursiveFieldByFieldElementComparator()
          .isEqualTo(sent);
    }
  }

  @Test
  void everyKindOfMessageIsTried() {
    int own = Message.class.getPermittedSubclasses().length - 1;
    assertThat(own + Message.Transfer.class.getPermittedSubclasses().length).isEqualTo(KINDS);
  }

  @Test
  void randomBytesAreRefusedAndNothingElse() {
    for (int round = 0; round < 20_000; round++) {
      byte[] bytes = new byte[random.nextInt(200)];
      random.nextBytes(bytes);

      assertThatThrownBy(() -> PacketReader.read(bytes))
          .as("seed %d", SEED)
          .isInstanceOf(MalformedPacketException.class);
    }
  }

  @Test
  void changedBytesUnderAValidChecksumAreReadOrRefusedButNeverBreakTheReader() {
    int refused = 0;
    for (int round = 0; round < 20_000; round++) {
      byte[] packet = encode(List.of(randomMessage(random)));
      for (int changes = random.nextInt(4); changes >= 0; changes--) {
        int at = random.nextInt(packet.length);
        packet[at] = (byte) random.nextInt();
      }
      byte[] cut = random.nextBoolean() ? packet : copyOf(packet, random.nextInt(packet.length));
      if (cut.length >= PeerCodec.HEADER_BYTES) {
        ByteBuffer.wrap(cut).putInt(PeerCodec.CRC_AT, PeerCodec.checksum(cut));
      }
      try {
        PacketReader.read(cut);
      } catch (MalformedPacketException e) {
        refused++;
      }
    }
    assertThat(refused).as("seed %d", SEED).isGreaterThan(1000);
  }

  @Test
  void aFlippedBitIsNoticed() {
    byte[] packet = encode(List.of(new Message.Heartbeat(3, 4, 5, 6, 7)));
    for (int bit = 0; bit < packet.length * 8; bit++) {
      byte[] damaged = packet.clone();
      damaged[bit / 8] ^= (byte) (1 << (bit % 8));

      assertThatThrownBy(() -> PacketReader.read(damaged))
          .isInstanceOf(MalformedPacketException.class);
    }
  }

  @Test
  void aLengthBeyondThePacketIsRefusedBeforeAnythingIsAllocated() {
    Message.Replicate replicate =
        new Message.Replicate(1, 1, Position.ORIGIN, List.of(entry(1, new byte[] {1, 2, 3})), 0, 0);
    byte[] packet = encode(List.of(replicate));
    ByteBuffer.wrap(packet).putInt(packet.length - 3 - 4, Integer.MAX_VALUE);
    ByteBuffer.wrap(packet).putInt(PeerCodec.CRC_AT, PeerCodec.checksum(packet));

    assertThatThrownBy(() -> PacketReader.read(packet))
        .isInstanceOf(MalformedPacketException.class)
        .hasMessageContaining("2147483647 items");
  }

  @Test
  void aReasonThatIsTooLongIsCutAndAnAddressIsRefused() throws Exception {
    String longText = "🚀".repeat(1000);
    Message end = new Message.Transfer.End(1, 1, Position.ORIGIN, false, longText);
    Message introduce = new Message.Introduce(0, 7, new TreeMap<>(), false, longText);

    Message read = PacketReader.read(encode(List.of(end))).getFirst();

    assertThat(((Message.Transfer.End) read).reason()).startsWith("🚀🚀🚀").hasSizeLessThan(342);
    assertThatThrownBy(() -> PeerCodec.size(introduce))
        .hasMessage("address of 4000 bytes, permitted: at most 1024");
  }

  @Test
  void whatCostsManyTimesItsSizeIsRefusedBeyondItsLimit() {
    TreeMap<Integer, Long> many = new TreeMap<>();
    for (int id = 1; id <= PeerCodec.MAX_FOUNDERS + 1; id++) {
      many.put(id, 7L);
    }
    Message introduce = new Message.Introduce(0, 7, new TreeMap<>(), false, "h:1");

    refused(encode(List.of(new Message.Introduce(0, 7, many, false, "h:1"))), "1025 founders");
    refused(encode(List.of(introduce, introduce)), "more than one message with members");
  }

  @Test
  void lengthsOfTheNewerMessagesAreCheckedBeforeAnythingIsAllocated() {
    Message piece = new Message.Transfer.Piece(1, Position.ORIGIN, 1, 0, new byte[3]);
    Message introduce = new Message.Introduce(0, 7, new TreeMap<>(Map.of(1, 2L)), false, "");

    refused(withInt(encode(List.of(piece)), -3 - 4, Integer.MAX_VALUE), "2147483647 items");
    refused(withInt(encode(List.of(piece)), -3 - 4, -1), "-1 items");
    refused(withInt(encode(List.of(introduce)), -4 - 12 - 4, 1 << 20), "1048576 items");
    refused(withInt(encode(List.of(introduce)), -4 - 12, 0), "no node");
  }

  private static byte[] withInt(byte[] packet, int fromEnd, int value) {
    ByteBuffer.wrap(packet).putInt(packet.length + fromEnd, value);
    ByteBuffer.wrap(packet).putInt(PeerCodec.CRC_AT, PeerCodec.checksum(packet));
    return packet;
  }

  private static void refused(byte[] packet, String why) {
    assertThatThrownBy(() -> PacketReader.read(packet))
        .isInstanceOf(MalformedPacketException.class)
        .hasMessageContaining(why);
  }

  @Test
  void anEntryThatNoLogTakesIsRefused() throws Exception {
    byte[] largest = packetOf(new byte[Entry.MAX_PAYLOAD_BYTES]);
    byte[] larger = packetOf(new byte[Entry.MAX_PAYLOAD_BYTES + 1]);

    assertThat(PacketReader.read(largest)).hasSize(1);
    refused(larger, "entry of 33554433 bytes, permitted: at most 33554432");
  }

  private static byte[] packetOf(byte[] payload) {
    return encode(
        List.of(new Message.Replicate(1, 1, Position.ORIGIN, List.of(entry(1, payload)), 0, 0)));
  }

  private static final int KINDS = 16;

  private static Message randomMessage(Random random) {
    return switch (random.nextInt(KINDS)) {
      case 0 ->
          new Message.AskVote(
              count(random), position(random), random.nextBoolean(), random.nextBoolean());
      case 1 -> new Message.Vote(count(random), random.nextBoolean(), random.nextBoolean());
      case 2 -> replicate(random);
      case 3 ->
          new Message.Replicated(count(random), count(random), count(random), random.nextLong());
      case 4 -> new Message.Conflict(count(random), count(random), count(random), position(random));
      case 5 ->
          new Message.Heartbeat(
              count(random), count(random), count(random), count(random), random.nextLong());
      case 6 ->
          new Message.HeartbeatAck(count(random), count(random), count(random), random.nextLong());
      case 7 -> new Message.Outdated(count(random));
      case 8 -> new Message.CampaignNow(count(random));
      default -> randomNewer(random);
    };
  }

  /// What came with version 2.
  private static Message randomNewer(Random random) {
    return switch (random.nextInt(KINDS - 9)) {
      case 0 ->
          new Message.OfferSnapshot(
              count(random), count(random), point(random), count(random), random.nextLong());
      case 1 ->
          new Message.Introduce(
              count(random), random.nextLong(), heard(random), random.nextBoolean(), text(random));
      case 2 -> new Message.Recognize(count(random), random.nextLong(), random.nextBoolean());
      case 3 -> new Message.NotMember(count(random), count(random));
      case 4 ->
          new Message.Transfer.Ask(
              count(random),
              count(random),
              position(random),
              random.nextLong(),
              count(random),
              1 + random.nextInt(Integer.MAX_VALUE));
      case 5 -> {
        byte[] bytes = new byte[random.nextInt(50)];
        random.nextBytes(bytes);
        yield new Message.Transfer.Piece(
            count(random), position(random), random.nextLong(), count(random), bytes);
      }
      default ->
          new Message.Transfer.End(
              count(random), count(random), position(random), random.nextBoolean(), text(random));
    };
  }

  private static SnapshotPoint point(Random random) {
    Position position = new Position(1 + count(random) / 2, count(random));
    Membership.Member member =
        new Membership.Member(text(random), random.nextLong(), random.nextBoolean(), 0);
    Membership membership =
        new Membership(
            List.of(1, 2),
            random.nextBoolean() ? List.of(2, 3) : List.of(),
            List.of(5),
            List.of(),
            new TreeMap<>(Map.of(2, member)));
    return new SnapshotPoint(
        position, random.nextLong(), membership, random.nextLong(position.index()));
  }

  private static SortedMap<Integer, Long> heard(Random random) {
    TreeMap<Integer, Long> heard = new TreeMap<>();
    for (int i = random.nextInt(6); i > 0; i--) {
      heard.put(1 + random.nextInt(Integer.MAX_VALUE), random.nextLong());
    }
    return heard;
  }

  private static String text(Random random) {
    return List.of("", "127.0.0.1:9081", "größer: 水 🚀", "x".repeat(300)).get(random.nextInt(4));
  }

  private static Message replicate(Random random) {
    Position previous = position(random);
    List<Entry> entries = new ArrayList<>();
    int number = random.nextInt(6);
    long term = Math.max(1, previous.term());
    for (int i = 1; i <= number; i++) {
      byte[] payload = new byte[random.nextInt(50)];
      random.nextBytes(payload);
      term += random.nextInt(3);
      entries.add(
          new Entry(
              previous.index() + i,
              term,
              random.nextLong(),
              Entry.Kind.of((byte) (1 + random.nextInt(3))),
              payload));
    }
    return new Message.Replicate(
        term + random.nextInt(3),
        count(random),
        previous,
        entries,
        count(random),
        random.nextLong());
  }

  private static Position position(Random random) {
    return new Position(count(random), count(random));
  }

  private static long count(Random random) {
    return random.nextLong() >>> (1 + random.nextInt(62));
  }

  private static Entry entry(long index, byte[] payload) {
    return new Entry(index, 1, 0, Entry.Kind.COMMAND, payload);
  }

  private static byte[] copyOf(byte[] bytes, int length) {
    return java.util.Arrays.copyOf(bytes, length);
  }

  private static byte[] encode(List<Message> messages) {
    int bytes = messages.stream().mapToInt(PeerCodec::size).sum();
    return PeerCodec.encode(messages, bytes, false);
  }
}
