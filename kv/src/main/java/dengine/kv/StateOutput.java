package dengine.kv;

import java.io.IOException;
import java.io.OutputStream;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/// Writes the records of a key-value store as the stream that goes into a snapshot; [StateInput]
/// reads it back. `docs/snapshots.md` describes the format.
///
/// Used by one thread, and does not close what it writes to.
public final class StateOutput {

  /// Version byte of the format.
  static final byte VERSION = 1;

  static final byte RECORD = 1;
  static final byte END = 2;

  /// Magic, version, revision, time.
  static final int HEADER_BYTES = 7 + 1 + 8 + 8;

  /// Kind, flags, lengths of key and value, create and mod revision, version.
  static final int RECORD_BYTES = 1 + 1 + 2 + 4 + 8 + 8 + 8;

  /// Kind, number of records, digest.
  static final int END_BYTES = 1 + 8 + 8;

  /// In a record's flags: 8 bytes of deadline follow, before the key.
  static final byte HAS_DEADLINE = 1;

  static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

  private static final byte[] MAGIC = {'d', 'e', 'n', 'g', 'k', 'e', 'y'};
  private static final int BUFFER_BYTES = 1 << 16;

  private final OutputStream out;
  private final byte[] buffer = new byte[BUFFER_BYTES];
  private final StateDigest digest = new StateDigest();
  private int end;
  private long records;

  /// Begins a stream.
  ///
  /// @param revision of the store: index of the last entry that was applied
  /// @param time cluster time of that entry in milliseconds
  public StateOutput(OutputStream out, long revision, long time) {
    this.out = out;
    System.arraycopy(MAGIC, 0, buffer, 0, MAGIC.length);
    buffer[MAGIC.length] = VERSION;
    LONG.set(buffer, MAGIC.length + 1, revision);
    LONG.set(buffer, MAGIC.length + 9, time);
    end = HEADER_BYTES;
  }

  /// Writes the next record; keys must ascend.
  ///
  /// @param content holds the key at `at`, and the value right behind it
  /// @param deadline cluster time at which it goes, 0 for never
  public void add(
      byte[] content,
      int at,
      int keyLength,
      int valueLength,
      long create,
      long mod,
      long version,
      long deadline)
      throws IOException {
    digest.add(content, at, keyLength, valueLength, create, mod, version, deadline);
    records++;
    makeRoom(RECORD_BYTES + Long.BYTES);
    buffer[end] = RECORD;
    buffer[end + 1] = deadline == 0 ? 0 : HAS_DEADLINE;
    CommandView.SHORT.set(buffer, end + 2, (short) keyLength);
    CommandView.INT.set(buffer, end + 4, valueLength);
    LONG.set(buffer, end + 8, create);
    LONG.set(buffer, end + 16, mod);
    LONG.set(buffer, end + 24, version);
    end += RECORD_BYTES;
    if (deadline != 0) {
      LONG.set(buffer, end, deadline);
      end += Long.BYTES;
    }
    int length = keyLength + valueLength;
    if (length > buffer.length / 2) {
      makeRoom(buffer.length);
      out.write(content, at, length);
    } else {
      makeRoom(length);
      System.arraycopy(content, at, buffer, end, length);
      end += length;
    }
  }

  /// Writes what tells a complete stream from one that was cut off, and flushes.
  public void finish() throws IOException {
    makeRoom(END_BYTES);
    buffer[end] = END;
    LONG.set(buffer, end + 1, records);
    LONG.set(buffer, end + 9, digest.value());
    end += END_BYTES;
    makeRoom(buffer.length);
    out.flush();
  }

  static boolean hasMagic(byte[] header, int at) {
    for (int i = 0; i < MAGIC.length; i++) {
      if (header[at + i] != MAGIC[i]) {
        return false;
      }
    }
    return true;
  }

  private void makeRoom(int bytes) throws IOException {
    if (buffer.length - end < bytes) {
      out.write(buffer, 0, end);
      end = 0;
    }
  }
}
