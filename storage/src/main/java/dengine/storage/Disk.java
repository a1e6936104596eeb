package dengine.storage;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/// All that storage asks of an operating system: small enough that a simulated one is complete.
///
/// What is promised and what is not, for an implementation as for whoever relies on it:
///  - What was written may reach the platter in any order and in part, in units of whole sectors
///    of at least 512 bytes, until [File#force] returned. What was not written is never changed.
///  - A created, renamed or deleted name may be forgotten until [#forceDirectory] returned.
///  - After a failed [File#force] nothing is known about what was written before it.
///
/// Calls block. Only threads that belong to the storage may make them, and nobody may interrupt
/// those: an interrupt in the middle of a call closes the file for good.
public interface Disk {

  /// The disk of this machine.
  static Disk system() {
    return SystemDisk.INSTANCE;
  }

  /// Creates a file of no bytes, readable and writable by its owner only.
  ///
  /// @throws IOException when there is such a file already, or the disk refuses
  File create(Path file) throws IOException;

  /// Opens a file for reading and writing.
  ///
  /// @throws IOException when there is none, or the disk refuses
  File open(Path file) throws IOException;

  /// Opens a file for reading only; writing, filling and syncing it are refused.
  ///
  /// @throws IOException when there is none, or the disk refuses
  File openToRead(Path file) throws IOException;

  /// Renames a file, in one step that is seen as a whole or not at all; replaces what has that
  /// name.
  void rename(Path from, Path to) throws IOException;

  /// Deletes a file, or a directory that is empty. Whoever has a file open can use it until he
  /// closes it; the same holds for one that is replaced by [#rename].
  void delete(Path file) throws IOException;

  /// The files and folders in a directory, in the order of their names.
  List<Path> list(Path directory) throws IOException;

  /// Creates a directory for its owner only, and those above it, durably. Does nothing if it is
  /// there.
  void createDirectory(Path directory) throws IOException;

  /// Makes names that were created, renamed or deleted in a directory durable.
  void forceDirectory(Path directory) throws IOException;

  /// Bytes that can still be written to files of a directory; more than that may be refused, and
  /// less as well, if others write meanwhile.
  long freeBytes(Path directory) throws IOException;

  /// Takes the lock that says "this directory is in use", against this and other processes.
  ///
  /// @param file the lock's file in that directory, created if necessary
  /// @return what gives the lock back, or empty if somebody else has it
  Optional<Closeable> lock(Path file) throws IOException;

  /// An open file. One thread may write while others read other parts of it.
  interface File extends Closeable {

    /// What a sync covers beyond the written bytes.
    enum Extent {
      /// Enough to read the bytes again.
      DATA,
      /// All that is known about the file.
      ALL
    }

    /// Bytes in the file.
    long size() throws IOException;

    /// Fills the buffer from its position to its limit.
    ///
    /// @param position of the first byte in the file
    /// @return bytes read; less than asked for only at the end of the file
    int read(ByteBuffer target, long position) throws IOException;

    /// Writes the buffer from its position to its limit, all of it.
    ///
    /// @param position of the first byte in the file
    void write(ByteBuffer source, long position) throws IOException;

    /// Writes zeros; never a hole, which would cost a change of the file's map at each later sync.
    ///
    /// @param from position of the first byte
    /// @param to position after the last byte
    void zero(long from, long to) throws IOException;

    /// Makes everything written so far durable. When it fails, nothing is known about what was
    /// written and the file must not be used any more: a second try would report success for data
    /// that is lost.
    void force(Extent extent) throws IOException;
  }
}
