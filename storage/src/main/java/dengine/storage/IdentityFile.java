package dengine.storage;

import dengine.engine.spi.MetaStore.Identity;
import dengine.engine.spi.StorageException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The file that says whose directory this is, in a form that an operator can read. It is written
/// last when a directory is set up, so with it everything else is there.
final class IdentityFile {

  static final String NAME = "IDENTITY";
  static final String TEMPORARY = "IDENTITY.tmp";

  private static final int MAX_BYTES = 4096;
  private static final Pattern FORM =
      Pattern.compile(
          "((?s)d-engine data directory\nformat (\\d{1,9})\n.*)checksum ([0-9a-f]{8})\n");
  private static final Pattern CONTENT =
      Pattern.compile("(?s).*\ncluster ([0-9a-f]{16})\nnode (\\d{1,9})\n");

  private IdentityFile() {}

  /// Reads the identity of a directory that has one.
  ///
  /// @throws StorageException.Corrupt when it is not what was written
  /// @throws StorageException.ForeignFormat when a newer version wrote it
  static Identity read(Disk disk, Path directory) {
    Path path = directory.resolve(NAME);
    ByteBuffer bytes = ByteBuffer.allocate(MAX_BYTES);
    try (Disk.File file = disk.open(path)) {
      file.read(bytes, 0);
    } catch (IOException e) {
      throw Failures.of("read", path, 0, e);
    }
    return decode(
        path, new String(bytes.array(), 0, bytes.position(), StandardCharsets.ISO_8859_1));
  }

  /// Stores the identity, durably.
  static void write(Disk disk, Path directory, Identity identity) {
    Path temporary = directory.resolve(TEMPORARY);
    Path path = directory.resolve(NAME);
    byte[] bytes = encode(identity).getBytes(StandardCharsets.ISO_8859_1);
    try {
      try (Disk.File file = disk.create(temporary)) {
        file.write(ByteBuffer.wrap(bytes), 0);
        file.force(Disk.File.Extent.ALL);
      }
      disk.rename(temporary, path);
      disk.forceDirectory(directory);
    } catch (IOException e) {
      throw Failures.of("write", path, bytes.length, e);
    }
  }

  private static String encode(Identity identity) {
    String text =
        String.format(
            Locale.ROOT,
            "d-engine data directory%nformat %d%ncluster %016x%nnode %d%n".replace("%n", "\n"),
            SegmentHeader.FORMAT,
            identity.clusterId(),
            identity.nodeId());
    return text + String.format(Locale.ROOT, "checksum %08x\n", checksum(text));
  }

  private static Identity decode(Path path, String text) {
    Matcher form = FORM.matcher(text);
    if (!form.matches()
        || !form.group(3).equals(String.format(Locale.ROOT, "%08x", checksum(form.group(1))))) {
      throw new StorageException.Corrupt(path, 0, "the checksum does not verify");
    }
    if (Integer.parseInt(form.group(2)) != SegmentHeader.FORMAT) {
      throw new StorageException.ForeignFormat(path, form.group(2), "" + SegmentHeader.FORMAT);
    }
    Matcher content = CONTENT.matcher(form.group(1));
    if (!content.matches()) {
      throw new StorageException.Corrupt(path, 0, "cluster or node is missing");
    }
    try {
      return new Identity(
          Long.parseUnsignedLong(content.group(1), 16), Integer.parseInt(content.group(2)));
    } catch (IllegalArgumentException e) {
      throw new StorageException.Corrupt(path, 0, "the identity holds nonsense: " + e.getMessage());
    }
  }

  private static int checksum(String text) {
    ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.ISO_8859_1));
    return new Checksum().of(0, 0, bytes, 0, bytes.limit());
  }
}
