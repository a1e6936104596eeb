package dengine.storage;

import dengine.engine.spi.MetaStore.Identity;
import dengine.engine.spi.StorageException;
import dengine.raft.Membership;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// The file that says whose directory this is, in a form that an operator can read. It is written
/// last when a directory is set up, so with it everything else is there; and again, as a whole,
/// when the founding members are known, and before that at each start of a directory that was
/// restored.
///
/// @param owner the node
/// @param incarnation the random number the directory was set up with, not 0
/// @param founders the members the cluster was founded with
/// @param restored the members for which a backup was restored and who have not founded a cluster
record IdentityFile(
    Identity owner,
    long incarnation,
    Optional<Membership> founders,
    Optional<Membership> restored) {

  static final String NAME = "IDENTITY";
  static final String TEMPORARY = "IDENTITY.tmp";

  /// Room for some thousand founding members with their addresses.
  private static final int MAX_BYTES = 256 << 10;

  private static final Pattern FORM =
      Pattern.compile(
          "(d-engine data directory\nformat (\\d{1,9})\n.*)checksum ([0-9a-f]{8})\n",
          Pattern.DOTALL);
  private static final Pattern CONTENT =
      Pattern.compile(
          ".*\ncluster ([0-9a-f]{16})\nnode (\\d{1,9})\nincarnation ([0-9a-f]{16})\n"
              + "(?:founders ([0-9a-f]+)\n)?(?:restored ([0-9a-f]+)\n)?",
          Pattern.DOTALL);

  IdentityFile {
    if (incarnation == 0) {
      throw new IllegalArgumentException("incarnation 0");
    }
    if (founders.isPresent() && restored.isPresent()) {
      throw new IllegalArgumentException("founded, and restored to be founded");
    }
  }

  /// Reads the identity of a directory that has one.
  ///
  /// @throws StorageException.Corrupt when it is not what was written
  /// @throws StorageException.ForeignFormat when another version wrote it
  static IdentityFile read(Disk disk, Path directory) {
    Path path = directory.resolve(NAME);
    try (Disk.File file = disk.openToRead(path)) {
      ByteBuffer bytes = ByteBuffer.allocate((int) Math.min(MAX_BYTES, file.size()));
      file.read(bytes, 0);
      return decode(
          path, new String(bytes.array(), 0, bytes.position(), StandardCharsets.ISO_8859_1));
    } catch (IOException e) {
      throw Failures.of("read", path, 0, e);
    }
  }

  /// Stores the identity, durably, in place of what was there: a crash leaves the one or the other.
  void write(Disk disk, Path directory) {
    Path temporary = directory.resolve(TEMPORARY);
    Path path = directory.resolve(NAME);
    byte[] bytes = encode().getBytes(StandardCharsets.ISO_8859_1);
    if (bytes.length > MAX_BYTES) {
      throw new IllegalArgumentException(
          "the founding members take " + bytes.length + " bytes, at most " + MAX_BYTES);
    }
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

  private String encode() {
    String text =
        String.format(
            Locale.ROOT,
            "d-engine data directory\nformat %d\ncluster %016x\nnode %d\nincarnation %016x\n",
            SegmentHeader.FORMAT,
            owner.clusterId(),
            owner.nodeId(),
            incarnation);
    text += line("founders", founders) + line("restored", restored);
    return text + String.format(Locale.ROOT, "checksum %08x\n", checksum(text));
  }

  private static String line(String name, Optional<Membership> members) {
    return members.map(it -> name + " " + HexFormat.of().formatHex(it.encode()) + "\n").orElse("");
  }

  private static Optional<Membership> members(@Nullable String hex) {
    return Optional.ofNullable(hex).map(it -> Membership.decode(HexFormat.of().parseHex(it)));
  }

  private static IdentityFile decode(Path path, String text) {
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
      throw new StorageException.Corrupt(path, 0, "cluster, node or incarnation is missing");
    }
    try {
      return new IdentityFile(
          new Identity(
              Long.parseUnsignedLong(content.group(1), 16), Integer.parseInt(content.group(2))),
          Long.parseUnsignedLong(content.group(3), 16),
          members(content.group(4)),
          members(content.group(5)));
    } catch (IllegalArgumentException e) {
      throw new StorageException.Corrupt(path, 0, "the identity holds nonsense: " + e.getMessage());
    }
  }

  private static int checksum(String text) {
    ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.ISO_8859_1));
    return new Checksum().of(0, 0, bytes, 0, bytes.limit());
  }
}
