package dengine.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/// Where the `dengine` command begins.
public final class Main {

  private Main() {}

  /// Runs one command and ends the process with its exit code.
  public static void main(String[] arguments) {
    Logging.platform();
    Surroundings process =
        new Surroundings(
            System.in,
            utf8(FileDescriptor.out),
            utf8(FileDescriptor.err),
            System.getenv(),
            new GrpcConnector());
    int code = Cli.run(process, arguments);
    process.out().flush();
    process.err().flush();
    System.exit(code);
  }

  // Whatever the locale: what a pipe carries must not depend on the user's language.
  private static PrintStream utf8(FileDescriptor descriptor) {
    return new PrintStream(new FileOutputStream(descriptor), true, StandardCharsets.UTF_8);
  }
}
