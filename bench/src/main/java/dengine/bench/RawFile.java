package dengine.bench;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;

/// What the disk gives a loop of one write and one sync.
final class RawFile implements AutoCloseable {

  private static final int FILE_BYTES = 64 << 20;

  private final Path path;
  private final FileChannel channel;
  private final ByteBuffer block;
  private final boolean preallocated;
  private long position;

  private RawFile(Path path, int bytes, boolean preallocated) throws IOException {
    this.path = path;
    this.preallocated = preallocated;
    this.channel = FileChannel.open(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    this.block = ByteBuffer.allocateDirect(bytes).put(Payload.random(bytes));
    if (preallocated) {
      ByteBuffer zeros = ByteBuffer.allocateDirect(1 << 20);
      for (long at = 0; at < FILE_BYTES; at += zeros.capacity()) {
        channel.write(zeros.clear(), at);
      }
      channel.force(true);
    }
  }

  /// A file of 64 MiB of zeros, written again and again from its beginning.
  static RawFile preallocated(Path dir, int bytes) throws IOException {
    return new RawFile(Files.createTempDirectory(dir, "raw").resolve("file"), bytes, true);
  }

  /// A file that grows with each write, and is cut to nothing at 64 MiB.
  static RawFile growing(Path dir, int bytes) throws IOException {
    return new RawFile(Files.createTempDirectory(dir, "raw").resolve("file"), bytes, false);
  }

  /// Writes and syncs.
  ///
  /// @return syncs per second
  double run(Duration time) throws IOException {
    long start = System.nanoTime();
    long end = start + time.toNanos();
    long syncs = 0;
    while (System.nanoTime() < end) {
      if (position + block.capacity() > FILE_BYTES) {
        position = 0;
        if (!preallocated) {
          channel.truncate(0);
        }
      }
      channel.write(block.clear(), position);
      channel.force(false);
      position += block.capacity();
      syncs++;
    }
    return syncs / ((System.nanoTime() - start) / 1e9);
  }

  /// The same as records per second, when each write holds this many.
  double records(Duration time, int perWrite) throws IOException {
    return run(time) * perWrite;
  }

  @Override
  public void close() throws IOException {
    channel.close();
    Files.delete(path);
    Path dir = path.getParent();
    if (dir != null) {
      Files.delete(dir);
    }
  }
}
