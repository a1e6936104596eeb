package dengine.grpc;

import dengine.raft.Entry;
import dengine.raft.Membership;
import dengine.raft.Message;
import dengine.raft.Position;
import dengine.raft.SnapshotPoint;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/// Reads one packet of the peer protocol, as [PeerCodec] writes it. The checksum is verified before
/// anything is parsed, and every length is checked against what is left before anything is
/// allocated for it, so whatever the bytes are, reading them costs no more than a few times their
/// size.
final class PacketReader {

  private final ByteBuffer in;
  private int withMembers;

  private PacketReader(byte[] packet) {
    in = ByteBuffer.wrap(packet);
  }

  /// The messages of a packet, in the order they were sent.
  static List<Message> read(byte[] packet) throws MalformedPacketException {
    if (packet.length < PeerCodec.HEADER_BYTES) {
      throw new MalformedPacketException(
          "a packet of " + packet.length + " bytes is shorter than its header");
    }
    if (packet[0] != PeerCodec.VERSION) {
      throw new MalformedPacketException(
          "packet of protocol version " + packet[0] + ", expected " + PeerCodec.VERSION);
    }
    PacketReader reader = new PacketReader(packet);
    if (reader.in.getInt(PeerCodec.CRC_AT) != PeerCodec.checksum(packet)) {
      throw new MalformedPacketException(
          "the checksum of a packet of " + packet.length + " bytes does not match");
    }
    try {
      return reader.messages();
    } catch (BufferUnderflowException | IllegalArgumentException e) {
      throw new MalformedPacketException("a packet's content makes no sense", e);
    }
  }

  /// Whether the sender wants an answer to this packet; it was read without complaint before.
  static boolean asksForEcho(byte[] packet) {
    return (packet[1] & PeerCodec.ECHO) != 0;
  }

  private List<Message> messages() throws MalformedPacketException {
    int flags = in.position(1).get();
    if ((flags & ~PeerCodec.ECHO) != 0) {
      throw new MalformedPacketException("unknown flags in a packet: " + flags);
    }
    int count = Short.toUnsignedInt(in.getShort());
    in.position(PeerCodec.HEADER_BYTES);
    // The shortest message has nine bytes.
    requireRoom(count, 9);
    List<Message> messages = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      messages.add(message());
    }
    if (in.hasRemaining()) {
      throw new MalformedPacketException(in.remaining() + " bytes after the last message");
    }
    return messages;
  }

  private Message message() throws MalformedPacketException {
    byte type = in.get();
    if (type == PeerCodec.OFFER_SNAPSHOT || type == PeerCodec.INTRODUCE) {
      withMembers++;
    }
    if (withMembers > PeerCodec.MAX_WITH_MEMBERS) {
      throw new MalformedPacketException("more than one message with members");
    }
    return switch (type) {
      case PeerCodec.ASK_VOTE -> askVote();
      case PeerCodec.VOTE -> vote();
      case PeerCodec.REPLICATE -> replicate();
      case PeerCodec.REPLICATED -> new Message.Replicated(count(), count(), count(), in.getLong());
      case PeerCodec.CONFLICT -> new Message.Conflict(count(), count(), count(), position());
      case PeerCodec.HEARTBEAT ->
          new Message.Heartbeat(count(), count(), count(), count(), in.getLong());
      case PeerCodec.HEARTBEAT_ACK ->
          new Message.HeartbeatAck(count(), count(), count(), in.getLong());
      case PeerCodec.OUTDATED -> new Message.Outdated(count());
      case PeerCodec.CAMPAIGN_NOW -> new Message.CampaignNow(count());
      case PeerCodec.OFFER_SNAPSHOT -> offerSnapshot();
      case PeerCodec.INTRODUCE -> introduce();
      case PeerCodec.RECOGNIZE -> new Message.Recognize(count(), in.getLong(), flag());
      case PeerCodec.NOT_MEMBER -> new Message.NotMember(count(), count());
      case PeerCodec.ASK -> ask();
      case PeerCodec.PIECE ->
          new Message.Transfer.Piece(count(), position(), in.getLong(), count(), bytes());
      case PeerCodec.END -> new Message.Transfer.End(count(), count(), position(), flag(), text());
      default -> throw new MalformedPacketException("unknown message type " + type);
    };
  }

  private Message askVote() throws MalformedPacketException {
    long term = count();
    Position last = position();
    int flags = flags();
    return new Message.AskVote(term, last, (flags & 1) != 0, (flags & 2) != 0);
  }

  private Message vote() throws MalformedPacketException {
    long term = count();
    int flags = flags();
    return new Message.Vote(term, (flags & 1) != 0, (flags & 2) != 0);
  }

  private Message replicate() throws MalformedPacketException {
    long term = count();
    long session = count();
    Position previous = position();
    long commit = count();
    long sentAt = in.getLong();
    int number = in.getInt();
    requireRoom(number, PeerCodec.ENTRY_BYTES);
    List<Entry> entries = new ArrayList<>(number);
    long index = previous.index();
    for (int i = 0; i < number; i++) {
      index++;
      entries.add(entry(index));
    }
    return new Message.Replicate(term, session, previous, entries, commit, sentAt);
  }

  private Message offerSnapshot() throws MalformedPacketException {
    long term = count();
    long session = count();
    Position position = position();
    long time = in.getLong();
    long membershipIndex = count();
    Membership membership = Membership.decode(bytes());
    SnapshotPoint point = new SnapshotPoint(position, time, membership, membershipIndex);
    return new Message.OfferSnapshot(term, session, point, count(), in.getLong());
  }

  private Message introduce() throws MalformedPacketException {
    long term = count();
    long incarnation = in.getLong();
    boolean founded = flag();
    int number = in.getInt();
    requireRoom(number, PeerCodec.FOUNDER_BYTES);
    if (number > PeerCodec.MAX_FOUNDERS) {
      throw new MalformedPacketException("an introduction that tells of " + number + " founders");
    }
    TreeMap<Integer, Long> heard = new TreeMap<>();
    for (int i = 0; i < number; i++) {
      int id = in.getInt();
      if (id < 1 || heard.put(id, in.getLong()) != null) {
        throw new MalformedPacketException("no node, or named twice: " + id);
      }
    }
    return new Message.Introduce(term, incarnation, heard, founded, text());
  }

  private Message ask() throws MalformedPacketException {
    long term = count();
    long session = count();
    Position position = position();
    long fingerprint = in.getLong();
    long offset = count();
    int length = in.getInt();
    if (length < 1) {
      throw new MalformedPacketException("asks for " + length + " bytes of a snapshot");
    }
    return new Message.Transfer.Ask(term, session, position, fingerprint, offset, length);
  }

  private String text() throws MalformedPacketException {
    byte[] text = bytes();
    if (text.length > PeerCodec.MAX_TEXT_BYTES) {
      throw new MalformedPacketException("a text of " + text.length + " bytes");
    }
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(text)).toString();
    } catch (CharacterCodingException e) {
      throw new MalformedPacketException("a text that is no UTF-8", e);
    }
  }

  private byte[] bytes() throws MalformedPacketException {
    int length = in.getInt();
    requireRoom(length, 1);
    byte[] bytes = new byte[length];
    in.get(bytes);
    return bytes;
  }

  private Entry entry(long index) throws MalformedPacketException {
    long term = in.getLong();
    long time = in.getLong();
    Entry.Kind kind = Entry.Kind.of(in.get());
    byte[] payload = bytes();
    if (payload.length > Entry.MAX_PAYLOAD_BYTES) {
      // The log would not take it, and a log that fails stops the node.
      throw new MalformedPacketException(
          "entry of %d bytes, permitted: at most %d"
              .formatted(payload.length, Entry.MAX_PAYLOAD_BYTES));
    }
    return new Entry(index, term, time, kind, payload);
  }

  private Position position() throws MalformedPacketException {
    return new Position(count(), count());
  }

  /// A term, an index or another number that is never negative.
  private long count() throws MalformedPacketException {
    long value = in.getLong();
    if (value < 0) {
      throw new MalformedPacketException("negative number " + value);
    }
    return value;
  }

  private int flags() throws MalformedPacketException {
    int flags = in.get();
    if ((flags & ~3) != 0) {
      throw new MalformedPacketException("unknown flags in a message: " + flags);
    }
    return flags;
  }

  private boolean flag() throws MalformedPacketException {
    int flag = in.get();
    if ((flag & ~1) != 0) {
      throw new MalformedPacketException("neither yes nor no: " + flag);
    }
    return flag == 1;
  }

  private void requireRoom(int number, int bytesEach) throws MalformedPacketException {
    if (number < 0 || number > in.remaining() / bytesEach) {
      throw new MalformedPacketException(
          number + " items of " + bytesEach + " bytes or more, but " + in.remaining() + " left");
    }
  }
}
