package dengine.cli;

import dengine.api.Bytes;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Optional;

/// How keys and values are written on the command line and in its output.
enum Encoding {
  UTF8,
  HEX,
  BASE64;

  /// Reads what a user typed.
  Bytes decode(String text) {
    try {
      return switch (this) {
        case UTF8 -> Bytes.of(whole(text));
        case HEX -> Bytes.wrap(HexFormat.of().parseHex(text));
        case BASE64 -> Bytes.wrap(Base64.getDecoder().decode(text));
      };
    } catch (IllegalArgumentException e) {
      throw new CommandException(
          ExitCode.USAGE,
          "\"" + text + "\" is not " + name().toLowerCase(Locale.ROOT) + ": " + e.getMessage());
    }
  }

  /// Writes bytes; empty if they cannot be written so, which happens with [#UTF8] only.
  Optional<String> encode(Bytes bytes) {
    return switch (this) {
      case UTF8 -> text(bytes);
      case HEX -> Optional.of(HexFormat.of().formatHex(bytes.unsafeArray()));
      case BASE64 -> Optional.of(Base64.getEncoder().encodeToString(bytes.unsafeArray()));
    };
  }

  /// Writes bytes on one line of a table: what is not printable text is hexadecimal.
  String cell(Bytes bytes) {
    return encode(bytes)
        .filter(text -> text.chars().noneMatch(Character::isISOControl))
        .orElseGet(() -> "0x" + HexFormat.of().formatHex(bytes.unsafeArray()));
  }

  // Java decodes arguments as the locale says, and puts a replacement character where that fails.
  private static String whole(String text) {
    if (text.indexOf('\uFFFD') >= 0) {
      throw new IllegalArgumentException(
          "the locale does not carry it: set LC_ALL=C.UTF-8, or use --encoding hex");
    }
    return text;
  }

  private static Optional<String> text(Bytes bytes) {
    try {
      return Optional.of(
          StandardCharsets.UTF_8
              .newDecoder()
              .decode(ByteBuffer.wrap(bytes.unsafeArray()))
              .toString());
    } catch (CharacterCodingException e) {
      return Optional.empty();
    }
  }
}
