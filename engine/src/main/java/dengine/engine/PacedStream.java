package dengine.engine;

import dengine.engine.spi.Clock;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.concurrent.locks.LockSupport;

/// What a snapshot is written through: no faster than others who use the disk and the processors
/// can bear, and no longer than somebody wants it. A node that is closed does not wait until
/// gigabytes are written.
final class PacedStream extends FilterOutputStream {

  /// Longest time in nanoseconds until it is asked again whether the snapshot is wanted.
  private static final long LONGEST_PAUSE = 50_000_000;

  /// How much a snapshot is wanted.
  enum Wanted {
    /// It has time.
    CALMLY,
    /// The next one is due already.
    URGENTLY,
    /// Nobody needs it.
    NO_MORE
  }

  /// Asked at each write.
  @FunctionalInterface
  interface Urgency {
    Wanted now();
  }

  private final Urgency urgency;
  private final Clock clock;
  private final TokenBucket bucket;

  /// @param bytesPerSecond while it has time
  PacedStream(OutputStream out, long bytesPerSecond, Clock clock, Urgency urgency) {
    super(out);
    this.urgency = urgency;
    this.clock = clock;
    this.bucket = new TokenBucket(bytesPerSecond, clock.nanoTime());
  }

  @Override
  public void write(int b) throws IOException {
    pause();
    out.write(b);
    bucket.pass(1);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    pause();
    out.write(bytes, offset, length);
    bucket.pass(length);
  }

  /// The stream below is not ours to close.
  @Override
  public void close() throws IOException {
    flush();
  }

  private void pause() throws IOException {
    while (isCalm()) {
      long now = clock.nanoTime();
      if (bucket.isOpen(now)) {
        return;
      }
      LockSupport.parkNanos(Math.min(bucket.due(now) - now, LONGEST_PAUSE));
    }
  }

  private boolean isCalm() throws IOException {
    return switch (urgency.now()) {
      case CALMLY -> true;
      case URGENTLY -> false;
      case NO_MORE ->
          throw new IOException("the snapshot is not wanted any more: the node is closing");
    };
  }
}
