package dengine.grpc;

import dengine.raft.Entry;
import dengine.raft.Message;
import dengine.raft.Position;
import dengine.raft.SnapshotPoint;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.zip.CRC32C;

/// Writes the peer protocol: several messages in one packet. All numbers are big-endian.
///
/// ```
/// u8  version        u8 flags        u16 number of messages
/// u32 CRC32C of everything but itself
/// messages: u8 type, fields; see [PacketReader], which reads them in the same order
/// ```
///
/// The checksum is ours because TCP's 16-bit one lets through about one damaged segment in 65,536.
final class PeerCodec {

  /// Both ends must speak the same version; it is compared when a connection is made and in each
  /// packet.
  static final byte VERSION = 2;

  static final int HEADER_BYTES = 8;

  /// Flag: the receiver answers this packet at once with an empty one.
  static final byte ECHO = 1;

  /// Most messages in one packet.
  static final int MAX_MESSAGES = 0xffff;

  static final int CRC_AT = 4;

  static final byte ASK_VOTE = 1;
  static final byte VOTE = 2;
  static final byte REPLICATE = 3;
  static final byte REPLICATED = 4;
  static final byte CONFLICT = 5;
  static final byte HEARTBEAT = 6;
  static final byte HEARTBEAT_ACK = 7;
  static final byte OUTDATED = 8;
  static final byte CAMPAIGN_NOW = 9;
  static final byte OFFER_SNAPSHOT = 10;
  static final byte INTRODUCE = 11;
  static final byte RECOGNIZE = 12;
  static final byte NOT_MEMBER = 13;
  static final byte ASK = 14;
  static final byte PIECE = 15;
  static final byte END = 16;

  /// Bytes of an entry beside its payload: term, time, kind, length. Its index follows from its
  /// place.
  static final int ENTRY_BYTES = 8 + 8 + 1 + 4;

  /// Most messages in one packet that carry members. They cost many times their bytes when read, so
  /// a packet full of them would cost a hundred times its size.
  static final int MAX_WITH_MEMBERS = 1;

  /// Most founders of which an introduction tells.
  static final int MAX_FOUNDERS = 1024;

  /// Bytes of what an introduction says about one founder: id, incarnation.
  static final int FOUNDER_BYTES = 4 + 8;

  /// Most bytes of a text in UTF-8: an address, a reason.
  static final int MAX_TEXT_BYTES = 1024;

  private PeerCodec() {}

  /// Whether the message counts for [#MAX_WITH_MEMBERS].
  static boolean carriesMembers(Message message) {
    return message instanceof Message.OfferSnapshot || message instanceof Message.Introduce;
  }

  /// Bytes this message takes within a packet.
  static int size(Message message) {
    return 1
        + switch (message) {
          case Message.AskVote m -> 8 + 16 + 1;
          case Message.Vote m -> 8 + 1;
          case Message.Replicate m -> 8 + 8 + 16 + 8 + 8 + 4 + size(m.entries());
          case Message.Replicated m -> 4 * 8;
          case Message.Conflict m -> 3 * 8 + 16;
          case Message.Heartbeat m -> 5 * 8;
          case Message.HeartbeatAck m -> 4 * 8;
          case Message.Outdated m -> 8;
          case Message.CampaignNow m -> 8;
          case Message.OfferSnapshot m ->
              2 * 8 + 16 + 2 * 8 + 4 + m.point().membership().encode().length + 2 * 8;
          case Message.Introduce m ->
              2 * 8 + 1 + 4 + FOUNDER_BYTES * m.heard().size() + 4 + address(m).length;
          case Message.Recognize m -> 2 * 8 + 1;
          case Message.NotMember m -> 2 * 8;
          case Message.Transfer.Ask m -> 2 * 8 + 16 + 2 * 8 + 4;
          case Message.Transfer.Piece m -> 8 + 16 + 2 * 8 + 4 + m.bytes().length;
          case Message.Transfer.End m -> 2 * 8 + 16 + 1 + 4 + reason(m).length;
        };
  }

  private static int size(List<Entry> entries) {
    int bytes = 0;
    for (Entry entry : entries) {
      bytes = Math.addExact(bytes, ENTRY_BYTES + entry.payload().length);
    }
    return bytes;
  }

  /// A packet with these messages.
  ///
  /// @param bytes the sum of their [#size]
  /// @param echo whether the receiver shall answer at once
  static byte[] encode(List<Message> messages, int bytes, boolean echo) {
    byte[] packet = new byte[HEADER_BYTES + bytes];
    ByteBuffer out = ByteBuffer.wrap(packet);
    out.put(VERSION).put(echo ? ECHO : 0).putShort((short) messages.size()).putInt(0);
    for (Message message : messages) {
      put(out, message);
    }
    assert !out.hasRemaining() : out.remaining() + " bytes more than the messages need";
    out.putInt(CRC_AT, checksum(packet));
    return packet;
  }

  /// The checksum of a packet: of all its bytes except the four of the checksum itself.
  static int checksum(byte[] packet) {
    CRC32C crc = new CRC32C();
    crc.update(packet, 0, CRC_AT);
    crc.update(packet, HEADER_BYTES, packet.length - HEADER_BYTES);
    return (int) crc.getValue();
  }

  private static void put(ByteBuffer out, Message message) {
    switch (message) {
      case Message.AskVote m -> {
        out.put(ASK_VOTE).putLong(m.term());
        put(out, m.last());
        out.put((byte) ((m.pre() ? 1 : 0) | (m.transfer() ? 2 : 0)));
      }
      case Message.Vote m ->
          out.put(VOTE).putLong(m.term()).put((byte) ((m.granted() ? 1 : 0) | (m.pre() ? 2 : 0)));
      case Message.Replicate m -> put(out, m);
      case Message.Replicated m ->
          out.put(REPLICATED)
              .putLong(m.term())
              .putLong(m.session())
              .putLong(m.matched())
              .putLong(m.sentAt());
      case Message.Conflict m -> {
        out.put(CONFLICT).putLong(m.term()).putLong(m.session()).putLong(m.previous());
        put(out, m.hint());
      }
      case Message.Heartbeat m ->
          out.put(HEARTBEAT)
              .putLong(m.term())
              .putLong(m.session())
              .putLong(m.commit())
              .putLong(m.round())
              .putLong(m.sentAt());
      case Message.HeartbeatAck m ->
          out.put(HEARTBEAT_ACK)
              .putLong(m.term())
              .putLong(m.session())
              .putLong(m.round())
              .putLong(m.sentAt());
      case Message.Outdated m -> out.put(OUTDATED).putLong(m.term());
      case Message.CampaignNow m -> out.put(CAMPAIGN_NOW).putLong(m.term());
      case Message.OfferSnapshot m -> put(out, m);
      case Message.Introduce m -> put(out, m);
      case Message.Recognize m ->
          out.put(RECOGNIZE)
              .putLong(m.term())
              .putLong(m.incarnation())
              .put((byte) (m.member() ? 1 : 0));
      case Message.NotMember m -> out.put(NOT_MEMBER).putLong(m.term()).putLong(m.index());
      case Message.Transfer m -> put(out, m);
    }
  }

  private static void put(ByteBuffer out, Message.OfferSnapshot m) {
    SnapshotPoint point = m.point();
    out.put(OFFER_SNAPSHOT).putLong(m.term()).putLong(m.session());
    put(out, point.position());
    out.putLong(point.time()).putLong(point.membershipIndex());
    put(out, point.membership().encode());
    out.putLong(m.bytes()).putLong(m.fingerprint());
  }

  private static void put(ByteBuffer out, Message.Introduce m) {
    out.put(INTRODUCE)
        .putLong(m.term())
        .putLong(m.incarnation())
        .put((byte) (m.founded() ? 1 : 0))
        .putInt(m.heard().size());
    m.heard().forEach((id, incarnation) -> out.putInt(id).putLong(incarnation));
    put(out, address(m));
  }

  private static void put(ByteBuffer out, Message.Transfer message) {
    switch (message) {
      case Message.Transfer.Ask m -> {
        out.put(ASK).putLong(m.term()).putLong(m.session());
        put(out, m.position());
        out.putLong(m.fingerprint()).putLong(m.offset()).putInt(m.length());
      }
      case Message.Transfer.Piece m -> {
        out.put(PIECE).putLong(m.term());
        put(out, m.position());
        out.putLong(m.fingerprint()).putLong(m.offset());
        put(out, m.bytes());
      }
      case Message.Transfer.End m -> {
        out.put(END).putLong(m.term()).putLong(m.session());
        put(out, m.position());
        out.put((byte) (m.complete() ? 1 : 0));
        put(out, reason(m));
      }
    }
  }

  private static void put(ByteBuffer out, Message.Replicate m) {
    out.put(REPLICATE).putLong(m.term()).putLong(m.session());
    put(out, m.previous());
    out.putLong(m.commit()).putLong(m.sentAt()).putInt(m.entries().size());
    // Their indexes follow from the place of the first: a Replicate's entries are consecutive.
    for (Entry entry : m.entries()) {
      out.putLong(entry.term())
          .putLong(entry.time())
          .put(entry.kind().code())
          .putInt(entry.payload().length)
          .put(entry.payload());
    }
  }

  private static void put(ByteBuffer out, byte[] bytes) {
    out.putInt(bytes.length).put(bytes);
  }

  private static byte[] address(Message.Introduce m) {
    byte[] address = m.address().getBytes(StandardCharsets.UTF_8);
    if (address.length > MAX_TEXT_BYTES) {
      throw new IllegalArgumentException(
          "address of %d bytes, permitted: at most %d".formatted(address.length, MAX_TEXT_BYTES));
    }
    return address;
  }

  /// It is for people, so one that is too long is cut; no character has more than three bytes.
  private static byte[] reason(Message.Transfer.End m) {
    String reason = m.reason();
    return reason
        .substring(0, Math.min(reason.length(), MAX_TEXT_BYTES / 3))
        .getBytes(StandardCharsets.UTF_8);
  }

  private static void put(ByteBuffer out, Position position) {
    out.putLong(position.index()).putLong(position.term());
  }
}
