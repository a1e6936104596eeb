package dengine.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dengine.raft.Entry;
import dengine.raft.Message;
import dengine.raft.Position;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
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

      byte[] packet = encode(sent);

      assertThat(PacketReader.read(packet)).as("seed %d", SEED).isEqualTo(sent);
    }
  }

  @Test
  void everyKindOfMessageIsTried() {
    assertThat(Message.class.getPermittedSubclasses()).hasSize(KINDS);
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
      byte[] packet = encode(List.of(randomMessage(random), randomMessage(random)));
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

  private static final int KINDS = 9;

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
      default -> new Message.CampaignNow(count(random));
    };
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
