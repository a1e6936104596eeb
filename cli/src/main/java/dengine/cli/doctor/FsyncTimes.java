package dengine.cli.doctor;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Arrays;

/// How long a disk takes to make 4 KiB durable: written over a file that was filled beforehand,
/// then forced, like the log does it.
///
/// @param median half of the writes took no longer
/// @param p99 99 of 100 writes took no longer
/// @param perSecond writes per second, one after the other
public record FsyncTimes(Duration median, Duration p99, double perSecond) {

  private static final int BLOCK_BYTES = 4096;

  /// Measures in a folder, which must exist; leaves nothing behind.
  ///
  /// @param writes how many, at least 1
  /// @param longest stops after this time, with at least one write
  public static FsyncTimes measure(Path folder, int writes, Duration longest) throws IOException {
    Path file = Files.createTempFile(folder, "dengine-fsync", ".tmp");
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.write(ByteBuffer.allocate(BLOCK_BYTES * writes), 0);
      channel.force(true);
      return measure(channel, writes, longest);
    } finally {
      Files.deleteIfExists(file);
    }
  }

  private static FsyncTimes measure(FileChannel channel, int writes, Duration longest)
      throws IOException {
    ByteBuffer block = ByteBuffer.allocateDirect(BLOCK_BYTES);
    long[] nanos = new long[writes];
    long begin = System.nanoTime();
    int done = 0;
    while (done < writes && (done == 0 || System.nanoTime() - begin < longest.toNanos())) {
      long before = System.nanoTime();
      channel.write(block.clear(), (long) done * BLOCK_BYTES);
      channel.force(false);
      nanos[done++] = System.nanoTime() - before;
    }
    double seconds = (System.nanoTime() - begin) / 1e9;
    long[] sorted = Arrays.copyOf(nanos, done);
    Arrays.sort(sorted);
    return new FsyncTimes(
        Duration.ofNanos(sorted[(done - 1) / 2]),
        Duration.ofNanos(sorted[(done - 1) * 99 / 100]),
        done / seconds);
  }
}
