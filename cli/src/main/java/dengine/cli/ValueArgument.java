package dengine.cli;

import dengine.api.Bytes;
import java.io.IOException;

/// A value on the command line: itself, or `-` for standard input.
final class ValueArgument {

  // More than any server takes; beyond it standard input is not a value but a mistake.
  private static final int MAX_BYTES = 256 << 20;

  private ValueArgument() {}

  static Bytes read(String argument, Encoding encoding, Surroundings surroundings) {
    if (!argument.equals("-")) {
      return encoding.decode(argument);
    }
    try {
      byte[] content = surroundings.in().readNBytes(MAX_BYTES + 1);
      if (content.length > MAX_BYTES) {
        throw new CommandException(
            ExitCode.USAGE, "standard input holds more than " + MAX_BYTES + " bytes");
      }
      return Bytes.wrap(content);
    } catch (IOException e) {
      throw new CommandException(ExitCode.USAGE, "standard input cannot be read: " + e);
    }
  }
}
