package dengine.cli;

import java.util.Optional;
import picocli.CommandLine.IVersionProvider;

/// Which d-engine this is, and on what it runs.
final class Version implements IVersionProvider {

  @Override
  public String[] getVersion() {
    return new String[] {"dengine " + number(), "Java " + Runtime.version() + ", " + system()};
  }

  /// The version in the jar's manifest; classes that were never packed have none.
  static String number() {
    return Optional.ofNullable(Version.class.getPackage().getImplementationVersion())
        .orElse("development");
  }

  private static String system() {
    return System.getProperty("os.name") + " " + System.getProperty("os.arch");
  }
}
