package dengine.raft;

import java.util.Arrays;

/// One entry of the replicated log. Immutable: nobody changes the payload after construction.
///
/// @param index position in the log, 1 for the first entry
/// @param term term of the leader that created it
/// @param time cluster time in milliseconds; never decreases along the log
/// @param kind what the payload means
/// @param payload opaque bytes for [Kind#COMMAND]; empty for [Kind#NOOP]
public record Entry(long index, long term, long time, Kind kind, byte[] payload) {

  /// Bytes an entry is charged with beyond its payload wherever a limit is in bytes.
  public static final int OVERHEAD_BYTES = 48;

  /// Largest payload of an entry in bytes. The same for every node whatever it is configured with:
  /// what one leader may append every disk must be able to hold, or one entry stops them all.
  public static final int MAX_PAYLOAD_BYTES = 32 << 20;

  private static final byte[] EMPTY = new byte[0];

  /// What an entry is for. The `code` is stable: it is written to disks and sent to peers.
  public enum Kind {
    /// A command of the application; only these reach the state machine's commands.
    COMMAND(1),
    /// The first entry of a leader's term, by which it commits what earlier terms left (§8).
    NOOP(2),
    /// A configuration of the cluster.
    MEMBERSHIP(3);

    private final byte code;

    Kind(int code) {
      this.code = (byte) code;
    }

    /// The stable number of this kind.
    public byte code() {
      return code;
    }

    /// The kind with this number.
    ///
    /// @throws IllegalArgumentException if there is none
    public static Kind of(byte code) {
      return switch (code) {
        case 1 -> COMMAND;
        case 2 -> NOOP;
        case 3 -> MEMBERSHIP;
        default -> throw new IllegalArgumentException("unknown entry kind " + code);
      };
    }
  }

  public Entry {
    if (index < 1 || term < 1) {
      throw new IllegalArgumentException("entry at index=" + index + " term=" + term);
    }
  }

  /// An entry without payload that opens a leader's term.
  static Entry noop(long index, long term, long time) {
    return new Entry(index, term, time, Kind.NOOP, EMPTY);
  }

  /// Where this entry stands.
  public Position position() {
    return new Position(index, term);
  }

  /// Bytes this entry counts for in windows, batches and caches.
  public int size() {
    return OVERHEAD_BYTES + payload.length;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Entry(long i, long t, long at, Kind k, byte[] bytes)
        && i == index
        && t == term
        && at == time
        && k == kind
        && Arrays.equals(bytes, payload);
  }

  @Override
  public int hashCode() {
    return Long.hashCode(index * 31 + term);
  }

  @Override
  public String toString() {
    return kind + "@" + index + "/" + term + "(" + payload.length + "B)";
  }
}
