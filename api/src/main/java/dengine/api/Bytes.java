package dengine.api;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;

/// An immutable sequence of bytes: a key or a value. Orders as unsigned bytes, like the store does.
public final class Bytes implements Comparable<Bytes> {

  /// No bytes.
  public static final Bytes EMPTY = new Bytes(new byte[0]);

  private final byte[] content;

  private Bytes(byte[] content) {
    this.content = content;
  }

  /// A copy of these bytes.
  public static Bytes of(byte... content) {
    return content.length == 0 ? EMPTY : new Bytes(content.clone());
  }

  /// The UTF-8 form of this text.
  public static Bytes of(String text) {
    return wrap(text.getBytes(StandardCharsets.UTF_8));
  }

  /// These very bytes, not copied: the caller must not change them any more.
  public static Bytes wrap(byte[] content) {
    return content.length == 0 ? EMPTY : new Bytes(content);
  }

  /// Number of bytes.
  public int length() {
    return content.length;
  }

  /// The byte at this place.
  public byte at(int index) {
    return content[index];
  }

  /// A copy of the bytes.
  public byte[] toByteArray() {
    return content.clone();
  }

  /// The bytes themselves, not copied: the caller must not change them.
  public byte[] unsafeArray() {
    return content;
  }

  /// The bytes read as UTF-8.
  public String text() {
    return new String(content, StandardCharsets.UTF_8);
  }

  /// Whether these bytes begin with `prefix`.
  public boolean startsWith(Bytes prefix) {
    int length = prefix.content.length;
    return content.length >= length && Arrays.equals(content, 0, length, prefix.content, 0, length);
  }

  @Override
  public int compareTo(Bytes other) {
    return Arrays.compareUnsigned(content, other.content);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Bytes bytes && Arrays.equals(content, bytes.content);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(content);
  }

  /// The text where it is printable ASCII, hexadecimal otherwise.
  @Override
  public String toString() {
    for (byte b : content) {
      if (b < 0x20 || b == 0x7f) {
        return "0x" + HexFormat.of().formatHex(content);
      }
    }
    return text();
  }
}
