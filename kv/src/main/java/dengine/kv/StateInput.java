package dengine.kv;

import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;

/// Reads the stream that [StateOutput] wrote, record by record, and checks all that can be checked:
/// it is the one complete state of the revision that was asked for, or an [IOException] says what
/// is wrong with it and at which byte. Nothing may be used for good before [#next] has answered
/// false.
///
/// Holds one record at a time, and no more memory than the bytes that really came; a length is
/// only believed as far as they did. Used by one thread, and does not close what it reads from.
public final class StateInput {

  private static final int BUFFER_BYTES = 1 << 16;
  private static final int VERSION_AT = StateOutput.HEADER_BYTES - 17;

  private final InputStream in;
  private final long revision;
  private final StateDigest digest = new StateDigest();
  private final byte[] buffer = new byte[BUFFER_BYTES];

  /// What is in the buffer and not taken: `[from, upTo)`.
  private int from;

  private int upTo;

  /// Bytes that were taken into the buffer.
  private long received;

  private byte[] content = new byte[1 << 12];
  private byte[] previousKey = {};
  private int previousKeyLength;
  private int keyLength;
  private int valueLength;
  private long create;
  private long mod;
  private long version;
  private long deadline;
  private long records;
  private boolean ended;

  /// Begins to read.
  ///
  /// @param revision what the store's revision must have been
  /// @param time what its cluster time must have been
  public StateInput(InputStream in, long revision, long time) throws IOException {
    this.in = in;
    this.revision = revision;
    require(StateOutput.HEADER_BYTES, "the header");
    if (!StateOutput.hasMagic(buffer, 0)) {
      throw malformed(0, "no key-value state begins like this");
    }
    if (buffer[VERSION_AT] != StateOutput.VERSION) {
      throw malformed(
          VERSION_AT,
          "format version "
              + (buffer[VERSION_AT] & 0xff)
              + ", this program reads "
              + StateOutput.VERSION
              + ": use the one that wrote it");
    }
    long writtenAt = (long) StateOutput.LONG.get(buffer, VERSION_AT + 1);
    if (writtenAt != revision) {
      throw malformed(VERSION_AT + 1, "state at revision " + writtenAt + " instead of " + revision);
    }
    long writtenTime = (long) StateOutput.LONG.get(buffer, VERSION_AT + 9);
    if (writtenTime != time) {
      throw malformed(
          VERSION_AT + 9, "state at cluster time " + writtenTime + " instead of " + time);
    }
    from = StateOutput.HEADER_BYTES;
  }

  /// Reads the next record.
  ///
  /// @return false when there was none: then the stream was complete, and ends here
  public boolean next() throws IOException {
    if (ended) {
      return false;
    }
    require(1, "a record or the end");
    if (buffer[from] == StateOutput.END) {
      end();
      return false;
    }
    long at = position();
    if (buffer[from] != StateOutput.RECORD) {
      throw malformed(at, "unknown kind of record " + (buffer[from] & 0xff));
    }
    keepKey();
    require(StateOutput.RECORD_BYTES, "a record's header");
    header(at);
    body();
    if (Arrays.compareUnsigned(previousKey, 0, previousKeyLength, content, 0, keyLength) >= 0) {
      throw malformed(at, "the record's key is not above the one before it");
    }
    digest.add(content, 0, keyLength, valueLength, create, mod, version, deadline);
    records++;
    return true;
  }

  /// The record that [#next] found: its key, and right behind it the value. The next one is written
  /// over it.
  public byte[] content() {
    return content;
  }

  /// Bytes of the key, at least 1.
  public int keyLength() {
    return keyLength;
  }

  /// Bytes of the value.
  public int valueLength() {
    return valueLength;
  }

  /// Revision of the write that created the key.
  public long create() {
    return create;
  }

  /// Revision of the last write to the key.
  public long mod() {
    return mod;
  }

  /// Number of writes to the key since it was created.
  public long version() {
    return version;
  }

  /// Cluster time at which the key goes, 0 for never.
  public long deadline() {
    return deadline;
  }

  /// Number of records so far.
  public long records() {
    return records;
  }

  private void keepKey() {
    if (previousKey.length < keyLength) {
      previousKey = new byte[Math.min(Limits.LONGEST_KEY, 2 * keyLength)];
    }
    System.arraycopy(content, 0, previousKey, 0, keyLength);
    previousKeyLength = keyLength;
  }

  private void header(long at) throws IOException {
    byte flags = buffer[from + 1];
    if ((flags & ~StateOutput.HAS_DEADLINE) != 0) {
      throw malformed(at + 1, "unknown flags " + (flags & 0xff));
    }
    keyLength = (short) CommandView.SHORT.get(buffer, from + 2) & 0xffff;
    if (keyLength == 0) {
      throw malformed(at + 2, "an empty key");
    }
    valueLength = (int) CommandView.INT.get(buffer, from + 4);
    if (valueLength < 0 || valueLength > Limits.LONGEST_VALUE) {
      throw malformed(
          at + 4,
          "a value of "
              + Integer.toUnsignedString(valueLength)
              + " bytes, permitted: 0 to "
              + Limits.LONGEST_VALUE);
    }
    create = (long) StateOutput.LONG.get(buffer, from + 8);
    mod = (long) StateOutput.LONG.get(buffer, from + 16);
    version = (long) StateOutput.LONG.get(buffer, from + 24);
    if (create < 1 || create > mod || mod > revision) {
      throw malformed(
          at + 8,
          "revisions "
              + create
              + " and "
              + mod
              + " of a record in a state of revision "
              + revision);
    }
    // Every write has an index of its own.
    if (version < 1 || version - 1 > mod - create) {
      throw malformed(
          at + 24, "version " + version + " of a record of revisions " + create + " to " + mod);
    }
    from += StateOutput.RECORD_BYTES;
    deadline = 0;
    if (flags == StateOutput.HAS_DEADLINE) {
      require(Long.BYTES, "a record's deadline");
      deadline = (long) StateOutput.LONG.get(buffer, from);
      if (deadline <= 0) {
        throw malformed(
            at + StateOutput.RECORD_BYTES, "a deadline of " + deadline + ", which no key can have");
      }
      from += Long.BYTES;
    }
  }

  private void body() throws IOException {
    int length = keyLength + valueLength;
    int filled = 0;
    while (filled < length) {
      if (filled == content.length) {
        // Doubled as bytes arrive: a length alone, which may be nonsense, must not cost memory.
        content = Arrays.copyOf(content, (int) Math.min(length, 2L * content.length));
      }
      if (from == upTo) {
        require(1, filled < keyLength ? "a record's key" : "a record's value");
      }
      int piece = Math.min(Math.min(length, content.length) - filled, upTo - from);
      System.arraycopy(buffer, from, content, filled, piece);
      filled += piece;
      from += piece;
    }
  }

  private void end() throws IOException {
    require(StateOutput.END_BYTES, "the end of the stream");
    long at = position();
    long count = (long) StateOutput.LONG.get(buffer, from + 1);
    if (count != records) {
      throw malformed(at + 1, count + " records promised, but there were " + records);
    }
    if ((long) StateOutput.LONG.get(buffer, from + 9) != digest.value()) {
      throw malformed(at + 9, "the records' digest is another one: some of them are damaged");
    }
    from += StateOutput.END_BYTES;
    // To the very end: only there the file below knows that all of it was intact.
    if (from < upTo || in.read() != -1) {
      throw malformed(position(), "bytes follow the end");
    }
    ended = true;
  }

  /// Makes sure that this many bytes are in the buffer, at `from`.
  private void require(int bytes, String what) throws IOException {
    if (upTo - from >= bytes) {
      return;
    }
    System.arraycopy(buffer, from, buffer, 0, upTo - from);
    upTo -= from;
    from = 0;
    while (upTo < bytes) {
      int read = in.read(buffer, upTo, buffer.length - upTo);
      if (read < 0) {
        throw malformed(received, "cut off within " + what);
      }
      upTo += read;
      received += read;
    }
  }

  private long position() {
    return received - (upTo - from);
  }

  private static IOException malformed(long at, String what) {
    return new IOException("malformed key-value state at byte " + at + ": " + what);
  }
}
