package dengine.engine.spi;

import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;

/// The disk refused, or holds what this node must not use. The message says what happened, where,
/// and what to do. Nothing was lost by refusing.
public sealed class StorageException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  StorageException(String message, Throwable cause) {
    super(message, cause);
  }

  StorageException(String message) {
    super(message);
  }

  /// A write, read or sync failed. After a failed sync nothing is known about the data: the node
  /// stops, and what is on disk is read anew, with checksums, when it starts again.
  public static final class IoFailure extends StorageException {
    private static final long serialVersionUID = 1L;

    public IoFailure(String what, Path where, Throwable cause) {
      super(what + " failed at " + where + ": " + reason(cause), cause);
    }

    /// Some of the JDK's exceptions say a path only, and what is wrong with it by their type.
    private static String reason(Throwable cause) {
      return switch (cause) {
        case NoSuchFileException e -> e.getFile() + " does not exist";
        case FileAlreadyExistsException e -> e.getFile() + " exists already";
        case NotDirectoryException e -> e.getFile() + " is not a directory: choose another path";
        case AccessDeniedException e -> "no permission for " + e.getFile();
        default -> String.valueOf(cause.getMessage());
      };
    }
  }

  /// No space is left on the device, or a quota is reached.
  public static final class DiskFull extends StorageException {
    private static final long serialVersionUID = 1L;

    public DiskFull(Path where, long neededBytes, Throwable cause) {
      super(
          "no space left for "
              + neededBytes
              + " bytes at "
              + where
              + ": free space there and start the node again, nothing is lost",
          cause);
    }
  }

  /// The directory cannot be written to.
  public static final class NotWritable extends StorageException {
    private static final long serialVersionUID = 1L;

    public NotWritable(Path directory, Throwable cause) {
      super(
          "data directory "
              + directory
              + " is not writable ("
              + cause.getMessage()
              + "): check owner, mode and whether the file system is mounted read-only",
          cause);
    }
  }

  /// Another engine, in this process or another one, uses the directory.
  public static final class Locked extends StorageException {
    private static final long serialVersionUID = 1L;

    public Locked(Path directory) {
      super(
          "data directory "
              + directory
              + " is in use by another engine: stop it, or choose another directory");
    }
  }

  /// Stored bytes are not what was written. The node refuses to serve them.
  public static final class Corrupt extends StorageException {
    private static final long serialVersionUID = 1L;
    private final transient Path file;
    private final long offset;
    private final String what;

    public Corrupt(Path file, long offset, String what) {
      super(
          "corrupt data in "
              + file
              + " at offset "
              + offset
              + ": "
              + what
              + "; the node refuses to start on it. Keep a copy of the directory; if the other"
              + " nodes are healthy, replace this node by an empty one");
      this.file = file;
      this.offset = offset;
      this.what = what;
    }

    /// The damaged file.
    public Path file() {
      return file;
    }

    /// Offset of the damaged record in bytes.
    public long offset() {
      return offset;
    }

    /// What is wrong there, without advice: that depends on whose file it is.
    public String what() {
      return what;
    }
  }

  /// The directory was written by a version whose format this one cannot read, or by something
  /// else.
  public static final class ForeignFormat extends StorageException {
    private static final long serialVersionUID = 1L;

    public ForeignFormat(Path file, String found, String supported) {
      super(
          file
              + " has format "
              + found
              + ", this version reads "
              + supported
              + ": use the version that wrote it, or another file or directory");
    }
  }

  /// The directory belongs to another node or another cluster.
  public static final class ForeignIdentity extends StorageException {
    private static final long serialVersionUID = 1L;

    public ForeignIdentity(Path directory, MetaStore.Identity found, MetaStore.Identity wanted) {
      super(
          "data directory "
              + directory
              + " belongs to "
              + found
              + ", but this is "
              + wanted
              + ": check the configured data directory, node id and cluster");
    }
  }

  /// The directory was given up when a new one was made out of it: its entries belong to another
  /// cluster now, and a node that went on here could contradict that one.
  public static final class Fenced extends StorageException {
    private static final long serialVersionUID = 1L;

    /// @param into the directory that was made, as it was called then; empty if that is not known
    public Fenced(Path directory, String into) {
      super(
          "data directory "
              + directory
              + " was recovered into "
              + (into.isEmpty() ? "another one" : into)
              + ", which belongs to a new cluster: start a node on that one. Nothing was changed"
              + " here");
    }
  }

  /// A directory that is to be given up cannot be marked as such.
  public static final class CannotBeFenced extends StorageException {
    private static final long serialVersionUID = 1L;

    public CannotBeFenced(Path directory, String why) {
      super(
          "data directory "
              + directory
              + " cannot be fenced ("
              + why
              + "), and nothing was done: make it writable to this user, or recover from a copy"
              + " of it and never start a node on the original");
    }
  }

  /// Log, snapshots and state machine of a node do not go together, and what is there does not
  /// allow to make them.
  public static final class Inconsistent extends StorageException {
    private static final long serialVersionUID = 1L;

    public Inconsistent(String message) {
      super(message);
    }

    public Inconsistent(String message, Throwable cause) {
      super(message, cause);
    }
  }

  /// A directory that is to be made already has something in it.
  public static final class NotEmpty extends StorageException {
    private static final long serialVersionUID = 1L;

    public NotEmpty(Path directory, Path found) {
      super(
          "directory "
              + directory
              + " is not empty, it has "
              + found.getFileName()
              + ": choose one that does not exist");
    }
  }

  /// A range was asked for that the log does not hold: a defect of the caller.
  public static final class OutOfRange extends StorageException {
    private static final long serialVersionUID = 1L;

    public OutOfRange(long from, long upTo, long first, long last) {
      super("entries " + from + ".." + upTo + " are not in the log " + first + ".." + last);
    }
  }
}
