package dengine.testkit.disk;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/// An ext4 file system on a loop device, which can lose power.
///
/// What is on the platter is what the loop device has done: the content of its backing file. What
/// programs wrote and the kernel still holds in the page cache of the mounted file system, or in a
/// transaction of the journal that is not committed, is not in that file. [#losePower] copies it
/// without asking the file system to do anything first (freezing it would flush it); what was
/// mounted goes on, and is thrown away by [#restorePower], which mounts the copy and so lets ext4
/// recover its journal as after any power cut.
///
/// A copy takes milliseconds, so it could show one part of the disk earlier than another. Whoever
/// writes to the disk must be frozen; the kernel's own writing back is watched: the copy counts
/// only if the device did and had in flight no write between its beginning and its end, and is
/// made again otherwise. So it is the disk at one point in time.
///
/// The cut is that of a disk that keeps what it has reported as written. Writes that a disk holds
/// in a cache of its own until it is told to flush are not lost here, nor are they reordered: a
/// flush that a file system forgets is not noticed, a sync that the program forgets is.
public final class LoopDisk implements AutoCloseable {

  private static final int MAX_COPIES = 200;

  /// Fields of `/sys/block/loopN/stat`.
  private static final int WRITES_DONE = 4;

  private static final int IN_FLIGHT = 8;

  private final Path at;
  private Path image;
  private Mount mount;
  private Optional<Path> kept = Optional.empty();
  private int generation;

  private LoopDisk(Path at, Path image, Mount mount) {
    this.at = at;
    this.image = image;
    this.mount = mount;
  }

  /// Makes and mounts an empty file system; its images lie beside the folder that it is mounted at.
  public static LoopDisk create(Path at, long bytes) throws IOException {
    Files.createDirectories(at);
    Path image = imageOf(at, 0);
    try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
      file.setLength(bytes);
    }
    Command.run("mkfs.ext4", "-q", "-F", image.toString());
    return new LoopDisk(at, image, Mount.image(image, at));
  }

  /// Why there can be none here, if so.
  public static Optional<String> whyNot() {
    for (String program : List.of("mkfs.ext4", "losetup", "cp")) {
      if (!Command.exists(program)) {
        return Optional.of("no " + program + " on the path");
      }
    }
    if (!Files.exists(Path.of("/dev/loop-control"))) {
      return Optional.of("no loop devices");
    }
    return Mount.whyNot();
  }

  private static Path imageOf(Path at, int generation) {
    return at.resolveSibling(at.getFileName() + "-" + generation + ".img");
  }

  /// Keeps what is on the platter now. No process may be writing.
  ///
  /// @return how many copies it took until the kernel did not write during one
  public int losePower() throws IOException {
    Path stat = Path.of("/sys/block", device().getFileName().toString(), "stat");
    Path copy = imageOf(at, ++generation);
    for (int copies = 1; copies <= MAX_COPIES; copies++) {
      List<String> before = fields(stat);
      Command.run("cp", "--sparse=always", image.toString(), copy.toString());
      List<String> after = fields(stat);
      boolean still =
          before.get(IN_FLIGHT).equals("0")
              && after.get(IN_FLIGHT).equals("0")
              && before.get(WRITES_DONE).equals(after.get(WRITES_DONE));
      if (still) {
        kept = Optional.of(copy);
        return copies;
      }
    }
    throw new IllegalStateException("the kernel writes to " + device() + " all the time");
  }

  private Path device() {
    return Path.of(
        Command.run("losetup", "--noheadings", "--output", "NAME", "--associated", "" + image));
  }

  private static List<String> fields(Path stat) throws IOException {
    return List.of(Files.readString(stat).strip().split(" +"));
  }

  /// Goes on with what [#losePower] kept. No process may use the file system.
  public void restorePower() throws IOException {
    Path next = kept.orElseThrow(() -> new IllegalStateException("the power was not lost"));
    kept = Optional.empty();
    mount.close();
    Files.delete(image);
    image = next;
    mount = Mount.image(image, at);
  }

  @Override
  public void close() {
    mount.close();
  }
}
