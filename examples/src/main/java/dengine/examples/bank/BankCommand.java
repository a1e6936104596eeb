package dengine.examples.bank;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Optional;

/// What can be asked of a [Bank]. Its bytes are in the log for as long as the log is: a later
/// version of the program must be able to read them.
public sealed interface BankCommand {

  /// Puts money in.
  record Deposit(String account, long amount) implements BankCommand {}

  /// Moves money, if there is enough.
  record Transfer(String from, String to, long amount) implements BankCommand {}

  /// As it travels through the log.
  default byte[] encode() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      switch (this) {
        case Deposit(String account, long amount) -> {
          out.writeByte(1);
          out.writeUTF(account);
          out.writeLong(amount);
        }
        case Transfer(String from, String to, long amount) -> {
          out.writeByte(2);
          out.writeUTF(from);
          out.writeUTF(to);
          out.writeLong(amount);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  /// Reads what [#encode] wrote; empty for anything else.
  static Optional<BankCommand> decode(byte[] bytes) {
    DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes));
    try {
      return switch (in.readByte()) {
        case 1 -> Optional.of(new Deposit(in.readUTF(), in.readLong()));
        case 2 -> Optional.of(new Transfer(in.readUTF(), in.readUTF(), in.readLong()));
        default -> Optional.empty();
      };
    } catch (IOException e) {
      return Optional.empty();
    }
  }
}
