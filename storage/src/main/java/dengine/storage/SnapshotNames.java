package dengine.storage;

import dengine.engine.spi.SnapshotStore.Snapshot;
import dengine.raft.Position;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The names of snapshots' files: finished ones, those being written, and those on their way here.
/// They sort in the order of their positions.
final class SnapshotNames {

  private static final Pattern FINISHED = Pattern.compile("snapshot-(\\d{20})-(\\d{20})\\.snap");
  private static final Pattern WRITING = Pattern.compile("snapshot-\\d{20}-\\d{20}\\.tmp");
  private static final Pattern PARTIAL =
      Pattern.compile("snapshot-\\d{20}-\\d{20}-[0-9a-f]{16}-\\d{1,19}\\.part");

  private SnapshotNames() {}

  static String finished(Position position) {
    return stem(position) + ".snap";
  }

  static String writing(Position position) {
    return stem(position) + ".tmp";
  }

  /// Names all by which a partial file can be gone on with.
  static String partial(Snapshot wanted) {
    return String.format(
        Locale.ROOT,
        "%s-%016x-%d.part",
        stem(wanted.point().position()),
        wanted.fingerprint(),
        wanted.bytes());
  }

  /// The position in a finished file's name, or empty if it is another file.
  static Optional<Position> position(Path file) {
    Matcher matcher = FINISHED.matcher(name(file));
    try {
      return matcher.matches()
          ? Optional.of(
              new Position(Long.parseLong(matcher.group(1)), Long.parseLong(matcher.group(2))))
          : Optional.empty();
    } catch (NumberFormatException e) {
      return Optional.empty(); // more than can be counted
    }
  }

  static boolean isWriting(Path file) {
    return WRITING.matcher(name(file)).matches();
  }

  static boolean isPartial(Path file) {
    return PARTIAL.matcher(name(file)).matches();
  }

  /// What the names of all files for the same position begin with; greater for later ones.
  static String stem(Path file) {
    return name(file).substring(0, "snapshot-".length() + 20 + 1 + 20);
  }

  private static String stem(Position position) {
    return String.format(Locale.ROOT, "snapshot-%020d-%020d", position.index(), position.term());
  }

  private static String name(Path file) {
    return String.valueOf(file.getFileName());
  }
}
