package dengine.cli;

import dengine.api.ClosedException;
import dengine.api.ClusterUnavailableException;
import dengine.api.CompactedException;
import dengine.api.DEngineException;
import dengine.api.EngineStoppedException;
import dengine.api.InvalidRequestException;
import dengine.api.MembershipChangeRefusedException;
import dengine.api.NotLeaderException;
import dengine.api.OutcomeUnknownException;
import dengine.api.RateLimitedException;
import dengine.api.SnapshotFailedException;
import dengine.engine.spi.StorageException;
import dengine.server.config.ConfigException;
import java.io.IOException;
import java.io.UncheckedIOException;

/// How a command that threw ends.
///
/// @param exitCode see [ExitCode]
/// @param message for people: what, where, what to do; no stack trace
record Failure(int exitCode, String message) {

  static Failure of(Throwable thrown) {
    return switch (thrown) {
      case CommandException e -> new Failure(e.exitCode(), text(e));
      case ConfigException e -> new Failure(ExitCode.CONFIGURATION, text(e));
      case StorageException e -> new Failure(ExitCode.NODE_STOPPED, text(e));
      case DEngineException e -> of(e);
      case UncheckedIOException e -> new Failure(ExitCode.NODE_STOPPED, text(e));
      case IOException e -> new Failure(ExitCode.NODE_STOPPED, PathCheck.text(e));
      default ->
          new Failure(
              ExitCode.DEFECT, "internal error, please report it with the output of -v: " + thrown);
    };
  }

  private static Failure of(DEngineException thrown) {
    return switch (thrown) {
      case InvalidRequestException e -> new Failure(ExitCode.REJECTED, "refused: " + text(e));
      case RateLimitedException e -> new Failure(ExitCode.REJECTED, "refused: " + text(e));
      case MembershipChangeRefusedException e ->
          new Failure(ExitCode.REJECTED, "refused: " + text(e));
      case CompactedException e -> new Failure(ExitCode.REJECTED, "refused: " + text(e));
      case SnapshotFailedException e -> new Failure(ExitCode.REJECTED, "refused: " + text(e));
      case NotLeaderException e -> new Failure(ExitCode.UNAVAILABLE, text(e));
      case ClusterUnavailableException e -> new Failure(ExitCode.UNAVAILABLE, text(e));
      case OutcomeUnknownException e ->
          new Failure(
              ExitCode.OUTCOME_UNKNOWN,
              "outcome unknown: "
                  + text(e)
                  + "; it may or may not take effect: look before you repeat it");
      case ClosedException e -> new Failure(ExitCode.UNAVAILABLE, text(e));
      case EngineStoppedException e -> new Failure(ExitCode.NODE_STOPPED, text(e));
    };
  }

  /// One that was wrapped without a word has its cause's name and message for one.
  private static String text(UncheckedIOException thrown) {
    String said = String.valueOf(thrown.getMessage());
    IOException cause = thrown.getCause();
    return cause != null && said.equals(cause.toString()) ? PathCheck.text(cause) : said;
  }

  private static String text(Throwable thrown) {
    return String.valueOf(thrown.getMessage());
  }
}
