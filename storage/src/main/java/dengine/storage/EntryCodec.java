package dengine.storage;

import dengine.raft.Entry;
import java.nio.ByteBuffer;
import java.util.Optional;

/// One entry as stored: `crc:4 length:4 term:8 time:8 kind:1 payload`. The index is not stored, the
/// checksum is bound to it. Belongs to one thread.
final class EntryCodec {

  /// Bytes of a stored entry beyond its payload.
  static final int OVERHEAD_BYTES = 25;

  private static final int LENGTH = 4;
  private static final int TERM = 8;
  private static final int TIME = 16;
  private static final int KIND = 24;

  private final Checksum checksum = new Checksum();

  /// Appends an entry to the buffer.
  void encode(Entry entry, ByteBuffer target) {
    int start = target.position();
    target.putInt(0).putInt(entry.payload().length).putLong(entry.term()).putLong(entry.time());
    target.put(entry.kind().code()).put(entry.payload());
    int crc = checksum.of(entry.index(), 0, target, start + LENGTH, target.position());
    target.putInt(start, crc);
  }

  /// Bytes of the payload of the entry that starts at `at`; not verified, so perhaps nonsense.
  static int payloadLength(ByteBuffer source, int at) {
    return source.getInt(at + LENGTH);
  }

  /// Term of the entry that starts at `at`.
  static long term(ByteBuffer source, int at) {
    return source.getLong(at + TERM);
  }

  /// Whether the entry that starts at `at` is of this kind.
  static boolean isOf(Entry.Kind kind, ByteBuffer source, int at) {
    return source.get(at + KIND) == kind.code();
  }

  /// Refuses an entry that verifies and yet cannot have been written, at `at`.
  ///
  /// @throws IllegalArgumentException saying what it is
  static void requireSense(ByteBuffer source, int at) {
    Entry.Kind _ = Entry.Kind.of(source.get(at + KIND));
  }

  /// Whether the entry at `at`, which must lie within the buffer, is the one that was stored.
  boolean verifies(long index, ByteBuffer source, int at, int payloadLength) {
    return payloadLength(source, at) == payloadLength
        && source.getInt(at)
            == checksum.of(index, 0, source, at + LENGTH, at + OVERHEAD_BYTES + payloadLength);
  }

  /// The entry at `at`, or empty if it is not the one that was stored.
  Optional<Entry> decode(long index, ByteBuffer source, int at, int payloadLength) {
    if (!verifies(index, source, at, payloadLength)) {
      return Optional.empty();
    }
    byte[] payload = new byte[payloadLength];
    source.get(at + OVERHEAD_BYTES, payload);
    return Optional.of(
        new Entry(
            index,
            term(source, at),
            source.getLong(at + TIME),
            Entry.Kind.of(source.get(at + KIND)),
            payload));
  }
}
