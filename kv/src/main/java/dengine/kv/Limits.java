package dengine.kv;

import dengine.api.Bytes;
import dengine.api.InvalidRequestException;
import dengine.api.Scan;
import dengine.api.TimeToLive;
import dengine.engine.spi.StateMachine;
import java.util.List;

/// What a request may ask for. Checked before a command reaches the log; what is in the log is
/// applied whatever the local limits say, since they may differ between nodes and the state must
/// not.
///
/// @param maxKeyBytes longest key, 1 to [#LONGEST_KEY] bytes
/// @param maxValueBytes longest value, 0 to [#LARGEST_REQUEST] bytes
/// @param maxRequestBytes largest encoded command, and largest sum of the keys of one read, 1 to
///     [#LARGEST_REQUEST] bytes
/// @param maxKeysPerRead most keys in one multi-read, at least 1
public record Limits(int maxKeyBytes, int maxValueBytes, int maxRequestBytes, int maxKeysPerRead) {

  /// Longest key the command format can carry, in bytes.
  public static final int LONGEST_KEY = 0xffff;

  /// Longest value that a snapshot's format can carry, in bytes.
  public static final int LONGEST_VALUE = 256 << 20;

  /// Longest time to live, in milliseconds: a hundred years.
  public static final long LONGEST_TTL_MILLIS = TimeToLive.LONGEST.toMillis();

  /// Largest request that can be permitted, in bytes: what every node's log can hold.
  public static final int LARGEST_REQUEST = StateMachine.MAX_COMMAND_BYTES;

  /// Keys up to 4 KiB, values up to 1 MiB, requests up to 1.5 MiB, 1024 keys per read.
  public static final Limits DEFAULT = new Limits(4096, 1 << 20, 3 << 19, 1024);

  // Whoever is refused may want to raise the limit: by these names a server has them.
  private static final String KEY_SETTING = " (limits.max_key_size)";
  private static final String VALUE_SETTING = " (limits.max_value_size)";
  private static final String REQUEST_SETTING = " (limits.max_request_size)";
  private static final String KEYS_SETTING = " (limits.max_keys_per_read)";

  public Limits {
    inRange("maxKeyBytes", maxKeyBytes, 1, LONGEST_KEY);
    inRange("maxValueBytes", maxValueBytes, 0, LARGEST_REQUEST);
    inRange("maxRequestBytes", maxRequestBytes, 1, LARGEST_REQUEST);
    inRange("maxKeysPerRead", maxKeysPerRead, 1, Integer.MAX_VALUE);
  }

  /// Most bytes of keys and values in one answer: twice a request, so that with the default limits
  /// it stays below the 4 MiB that gRPC clients accept unless told otherwise. One entry is always
  /// answered.
  public int maxResponseBytes() {
    return 2 * maxRequestBytes;
  }

  /// Checks a command before it is proposed.
  ///
  /// @throws InvalidRequestException naming field, size and limit
  public void check(Command command) {
    checkKey(command.key());
    switch (command) {
      case Command.Put put -> {
        checkValue("value", put.value());
        checkTtl(put.ttlMillis());
      }
      case Command.Delete delete -> {}
      case Command.CompareAndSwap swap -> {
        if (swap.expected().isPresent()) {
          checkValue("expected", swap.expected().get());
        }
        checkValue("value", swap.value());
        checkTtl(swap.ttlMillis());
      }
    }
    checkRequest(command.encodedLength());
  }

  /// Checks a key.
  ///
  /// @throws InvalidRequestException if it is empty or too long
  public void checkKey(Bytes key) {
    if (key.length() == 0 || key.length() > maxKeyBytes) {
      throw new InvalidRequestException(
          "key bytes", key.length(), "1 to " + maxKeyBytes + KEY_SETTING);
    }
  }

  /// Checks the keys of a multi-read.
  ///
  /// @throws InvalidRequestException if there are none or too many, or one of them is no valid key
  public void checkKeys(List<Bytes> keys) {
    int count = keys.size();
    if (count == 0 || count > maxKeysPerRead) {
      throw new InvalidRequestException(
          "number of keys", count, "1 to " + maxKeysPerRead + KEYS_SETTING);
    }
    long bytes = 0;
    for (Bytes key : keys) {
      checkKey(key);
      bytes += key.length();
    }
    checkRequest(bytes);
  }

  /// Checks prefix and start of a scan; its limit was checked by [Scan] itself.
  ///
  /// @throws InvalidRequestException if either is too long
  public void checkScan(Scan scan) {
    if (scan.prefix().length() > maxKeyBytes) {
      throw new InvalidRequestException(
          "prefix bytes", scan.prefix().length(), "0 to " + maxKeyBytes + KEY_SETTING);
    }
    scan.from().ifPresent(this::checkFrom);
  }

  /// Checks a prefix to be watched; its form is checked by [dengine.kv.watch.Watched].
  ///
  /// @throws InvalidRequestException if it is too long
  public void checkPrefix(Bytes prefix) {
    if (prefix.length() > maxKeyBytes) {
      throw new InvalidRequestException("prefix bytes", prefix.length(), "1 to " + maxKeyBytes);
    }
  }

  /// Checks an answer while it is put together.
  ///
  /// @param bytes of keys and values so far
  /// @param keys how many were asked for
  /// @throws InvalidRequestException if it is too large and fewer keys could be asked for
  public void checkResponse(long bytes, int keys) {
    if (bytes > maxResponseBytes() && keys > 1) {
      throw new InvalidRequestException(
          "bytes of all keys and values together",
          "more than " + maxResponseBytes(),
          "0 to " + maxResponseBytes() + "; ask for fewer keys at a time");
    }
  }

  private static void checkTtl(long millis) {
    if (millis < 0 || millis > LONGEST_TTL_MILLIS) {
      throw new InvalidRequestException(
          "ttl in milliseconds", millis, "1 to " + LONGEST_TTL_MILLIS + ", or none");
    }
  }

  private void checkFrom(Bytes from) {
    if (from.length() > maxKeyBytes) {
      throw new InvalidRequestException(
          "from bytes", from.length(), "0 to " + maxKeyBytes + KEY_SETTING);
    }
  }

  private void checkValue(String field, Bytes value) {
    if (value.length() > maxValueBytes) {
      throw new InvalidRequestException(
          field + " bytes", value.length(), "0 to " + maxValueBytes + VALUE_SETTING);
    }
  }

  private void checkRequest(long bytes) {
    if (bytes > maxRequestBytes) {
      throw new InvalidRequestException(
          "request bytes", bytes, "1 to " + maxRequestBytes + REQUEST_SETTING);
    }
  }

  private static void inRange(String field, int value, int least, int most) {
    if (value < least || value > most) {
      throw new InvalidRequestException(field, value, least + " to " + most);
    }
  }
}
