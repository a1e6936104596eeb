package dengine.cli;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;

/// Looks at the paths of a command line before anything is done with them, and says in words what
/// is wrong with one: the JDK's exceptions often carry nothing but the path.
final class PathCheck {

  private PathCheck() {}

  /// A file to be read.
  ///
  /// @param what it is to the operator, such as "backup"
  /// @throws CommandException if it cannot be
  static void file(Path file, String what) {
    if (Files.isDirectory(file)) {
      throw refusal(what, file, "is a directory: give a file");
    }
    readable(file, what);
  }

  /// A directory to be read.
  ///
  /// @param what it is to the operator, such as "data directory"
  /// @throws CommandException if it cannot be
  static void folder(Path folder, String what) {
    if (Files.exists(folder) && !Files.isDirectory(folder)) {
      throw refusal(what, folder, "is a file: give the directory");
    }
    readable(folder, what);
  }

  private static void readable(Path path, String what) {
    if (!Files.exists(path)) {
      throw refusal(what, path, "does not exist: check the path");
    }
    if (!Files.isReadable(path)) {
      throw refusal(what, path, "cannot be read: check its owner and mode, and your user");
    }
  }

  /// A directory to be made, or filled if it is empty.
  ///
  /// @throws CommandException if something else is there
  static void toBeMade(Path folder) {
    if (Files.exists(folder) && !Files.isDirectory(folder)) {
      throw refusal("", folder, "is a file: choose a directory that is empty or does not exist");
    }
  }

  /// A file to be made.
  ///
  /// @throws CommandException if there is no directory for it
  static void toBeWritten(Path file) {
    Path folder = file.toAbsolutePath().getParent();
    if (folder == null || Files.isDirectory(folder)) {
      return;
    }
    String why =
        Files.exists(folder)
            ? folder + " is no directory: choose another path"
            : "directory " + folder + " does not exist: make it first, or choose another path";
    throw refusal("", file, "cannot be written, " + why);
  }

  private static CommandException refusal(String what, Path path, String why) {
    String subject = what.isEmpty() ? "" : what + " ";
    return new CommandException(ExitCode.NODE_STOPPED, subject + path + " " + why);
  }

  /// What went wrong, with the path if it is known, and without the names of Java's classes.
  static String text(IOException failure) {
    if (failure instanceof FileSystemException known && known.getFile() != null) {
      return known.getFile() + ": " + reason(failure);
    }
    return reason(failure);
  }

  /// The same without the path.
  static String reason(IOException failure) {
    return switch (failure) {
      case NoSuchFileException _ -> "there is no such file or directory: check the path";
      case AccessDeniedException _ -> "no permission: check owner and mode";
      case FileAlreadyExistsException _ -> "exists already: choose another name";
      case NotDirectoryException _ -> "not a directory: choose another path";
      case DirectoryNotEmptyException _ -> "not empty";
      case FileSystemException known when known.getReason() != null ->
          String.valueOf(known.getReason());
      default ->
          failure.getMessage() == null
              ? failure.getClass().getSimpleName()
              : String.valueOf(failure.getMessage());
    };
  }
}
