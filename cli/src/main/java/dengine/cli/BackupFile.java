package dengine.cli;

import dengine.engine.spi.StorageException;
import dengine.storage.Disk;
import dengine.storage.SnapshotFile;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/// A backup that is being written: under a name of its own, readable by its owner only, since it
/// holds all that the cluster does. It gets its name when it is whole, and never in place of
/// another file.
final class BackupFile implements AutoCloseable {

  /// How a whole file gets its name: fails if there is such a file.
  interface Naming {
    void link(Path name, Path existing) throws IOException;
  }

  private final Path file;
  private final Path part;
  private final FileChannel channel;
  private final Naming naming;
  private long bytes;

  private BackupFile(Path file, Path part, FileChannel channel, Naming naming) {
    this.file = file;
    this.part = part;
    this.channel = channel;
    this.naming = naming;
  }

  /// @param file the name it is to get
  static BackupFile begin(Path file) {
    return begin(file, Files::createLink);
  }

  static BackupFile begin(Path file, Naming naming) {
    PathCheck.toBeWritten(file);
    Path part =
        file.resolveSibling(
            file.getFileName() + "." + Long.toHexString(Offline.random()) + ".part");
    try {
      FileChannel channel =
          FileChannel.open(
              part,
              Set.<OpenOption>of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
              onlyOwner(part));
      // For Ctrl-C; when it has its name, or was deleted, there is nothing to do.
      part.toFile().deleteOnExit();
      return new BackupFile(file, part, channel, naming);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write " + part + ": " + PathCheck.reason(e), e);
    }
  }

  private static FileAttribute<?>[] onlyOwner(Path path) {
    return path.getFileSystem().supportedFileAttributeViews().contains("posix")
        ? new FileAttribute<?>[] {
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))
        }
        : new FileAttribute<?>[0];
  }

  /// The refusal of a backup that is not what was saved. A node's own snapshot has other remedies,
  /// which the failure names.
  static RuntimeException unusable(Path file, StorageException.Corrupt damage) {
    if (Files.exists(file.resolveSibling("IDENTITY"))) {
      return damage;
    }
    return new CommandException(
        ExitCode.NODE_STOPPED,
        "backup "
            + file
            + " is damaged at offset "
            + damage.offset()
            + ", or is none ("
            + damage.what()
            + "): it cannot be restored. Use another copy of it or an earlier one; as long as the"
            + " cluster runs, 'dengine snapshot save' makes a new one");
  }

  /// What saves of the same name left when they were killed, or are still writing.
  static List<Path> dead(Path file) {
    Path folder = file.resolveSibling(".").normalize();
    Pattern name =
        Pattern.compile(Pattern.quote(file.getFileName() + ".") + "[0-9a-f]{1,16}\\.part");
    List<Path> found = new ArrayList<>();
    try (DirectoryStream<Path> all =
        Files.newDirectoryStream(
            folder, path -> name.matcher(String.valueOf(path.getFileName())).matches())) {
      all.forEach(found::add);
    } catch (IOException e) {
      // Writing there will fail as well, and say why.
    }
    return found;
  }

  /// Forgets what was written.
  void restart() {
    try {
      channel.truncate(0);
      channel.position(0);
      bytes = 0;
    } catch (IOException e) {
      throw cannotWrite(e);
    }
  }

  /// Bytes that were written since the beginning.
  long bytes() {
    return bytes;
  }

  /// Where to write.
  OutputStream stream() {
    return new OutputStream() {
      @Override
      public void write(int oneByte) throws IOException {
        write(new byte[] {(byte) oneByte}, 0, 1);
      }

      @Override
      public void write(byte[] content, int offset, int length) throws IOException {
        ByteBuffer buffer = ByteBuffer.wrap(content, offset, length);
        while (buffer.hasRemaining()) {
          bytes += channel.write(buffer);
        }
      }
    };
  }

  UncheckedIOException cannotWrite(IOException e) {
    return new UncheckedIOException("cannot write " + part + ": " + PathCheck.reason(e), e);
  }

  /// Verifies what was written and gives it its name, both durable.
  ///
  /// @throws CommandException if it is no whole snapshot
  void finish() {
    try {
      channel.force(true);
    } catch (IOException e) {
      throw cannotWrite(e);
    }
    try (SnapshotFile check = SnapshotFile.open(Disk.system(), part)) {
      check.verify();
    } catch (StorageException.Corrupt e) {
      throw new CommandException(
          ExitCode.NODE_STOPPED,
          "what arrived is damaged at offset "
              + e.offset()
              + " ("
              + e.what()
              + ") and nothing was saved: repeat the command. If it happens again, stop the node"
              + " that sent it, and look at its files with 'dengine log verify'");
    }
    try {
      name();
      Path folder = file.toAbsolutePath().getParent();
      if (folder != null) {
        Disk.system().forceDirectory(folder);
      }
    } catch (FileAlreadyExistsException e) {
      throw new UncheckedIOException(
          file + " exists now, and was not overwritten; nothing was saved: choose another name", e);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot name " + file + ": " + PathCheck.reason(e), e);
    }
  }

  private void name() throws IOException {
    try {
      naming.link(file, part);
    } catch (FileAlreadyExistsException | NoSuchFileException e) {
      throw e;
    } catch (IOException | UnsupportedOperationException e) {
      // No links here. Then the name is taken first, and what is moved there replaces nobody's.
      Files.createFile(file, onlyOwner(file));
      try {
        Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
      } catch (IOException failure) {
        Files.deleteIfExists(file);
        throw failure;
      }
    }
  }

  /// Deletes what has not got its name.
  @Override
  public void close() {
    try (FileChannel _ = channel) {
      Files.deleteIfExists(part);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot delete " + part + ": " + PathCheck.reason(e), e);
    }
  }
}
