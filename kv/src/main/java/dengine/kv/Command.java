package dengine.kv;

import dengine.api.Bytes;
import java.util.Optional;

/// A change to the store, as it travels through the log.
///
/// The encoded form, integers big-endian:
///
/// ```
/// version  1 byte   1
/// kind     1 byte   1 put, 2 delete, 3 swap if absent, 4 swap if equal; plus 64 with a ttl
/// key      2 bytes  length, at least 1, then the bytes
/// ttl      8 bytes  milliseconds, 1 to Limits.LONGEST_TTL_MILLIS; only with a time to live
/// expected 4 bytes  length, then the bytes      swap if equal only
/// value    4 bytes  length, then the bytes      not for delete
/// ```
///
/// Nothing may follow, so that a command has exactly one encoded form.
public sealed interface Command {

  /// The key to change.
  Bytes key();

  /// Number of bytes [#encode] gives.
  int encodedLength();

  /// The encoded form, a new array. The key must be 1 to [Limits#LONGEST_KEY] bytes long: check
  /// with [Limits#check] first.
  byte[] encode();

  /// Reads an encoded command. Allocates nothing before all lengths are known to lie within
  /// `encoded`.
  ///
  /// @throws MalformedCommandException if these bytes are not exactly one command
  static Command decode(byte[] encoded) {
    CommandView view = new CommandView();
    String fault = view.parse(encoded);
    if (fault != null) {
      throw new MalformedCommandException(fault);
    }
    return view.command();
  }

  /// Stores a value under a key, whether the key exists or not.
  ///
  /// @param ttlMillis cluster time after which the key is gone unless it is written again; 0 for
  ///     never
  record Put(Bytes key, Bytes value, long ttlMillis) implements Command {

    /// For ever.
    public Put(Bytes key, Bytes value) {
      this(key, value, 0);
    }

    @Override
    public int encodedLength() {
      return CommandWriter.lengthOf(key, ttlMillis)
          + CommandWriter.VALUE_LENGTH_BYTES
          + value.length();
    }

    @Override
    public byte[] encode() {
      byte[] encoded = new byte[encodedLength()];
      int at = CommandWriter.start(encoded, CommandView.PUT, key, ttlMillis);
      CommandWriter.value(encoded, at, value);
      return encoded;
    }
  }

  /// Removes a key, whether it exists or not.
  record Delete(Bytes key) implements Command {

    @Override
    public int encodedLength() {
      return CommandWriter.lengthOf(key, 0);
    }

    @Override
    public byte[] encode() {
      byte[] encoded = new byte[encodedLength()];
      CommandWriter.start(encoded, CommandView.DELETE, key, 0);
      return encoded;
    }
  }

  /// Stores a value if what is stored now is as expected.
  ///
  /// @param expected the bytes stored now, possibly none ([Bytes#EMPTY]); empty if the key must not
  ///     exist
  /// @param ttlMillis as of a put; a swap without one clears an earlier one, as a put does
  record CompareAndSwap(Bytes key, Optional<Bytes> expected, Bytes value, long ttlMillis)
      implements Command {

    /// For ever.
    public CompareAndSwap(Bytes key, Optional<Bytes> expected, Bytes value) {
      this(key, expected, value, 0);
    }

    @Override
    public int encodedLength() {
      int length =
          CommandWriter.lengthOf(key, ttlMillis)
              + CommandWriter.VALUE_LENGTH_BYTES
              + value.length();
      return expected.isEmpty()
          ? length
          : length + CommandWriter.VALUE_LENGTH_BYTES + expected.get().length();
    }

    @Override
    public byte[] encode() {
      byte[] encoded = new byte[encodedLength()];
      int at;
      if (expected.isEmpty()) {
        at = CommandWriter.start(encoded, CommandView.SWAP_IF_ABSENT, key, ttlMillis);
      } else {
        at = CommandWriter.start(encoded, CommandView.SWAP_IF_EQUAL, key, ttlMillis);
        at = CommandWriter.value(encoded, at, expected.get());
      }
      CommandWriter.value(encoded, at, value);
      return encoded;
    }
  }
}
