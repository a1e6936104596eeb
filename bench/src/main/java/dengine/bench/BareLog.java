package dengine.bench;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/// The log of the bare data path: one preallocated file, written again from its beginning when
/// it is full.
final class BareLog implements AutoCloseable {

  private static final int FILE_BYTES = 64 << 20;

  private final FileChannel channel;
  private final boolean sync;
  private long position;

  BareLog(Path file, boolean sync) throws IOException {
    this.channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    this.sync = sync;
    ByteBuffer zeros = ByteBuffer.allocateDirect(1 << 20);
    for (long at = 0; at < FILE_BYTES; at += zeros.capacity()) {
      channel.write(zeros.clear(), at);
    }
    channel.force(true);
  }

  /// Writes these buffers one after the other and syncs once.
  void append(Iterable<ByteBuffer> buffers) throws IOException {
    for (ByteBuffer buffer : buffers) {
      int length = buffer.remaining();
      if (position + length > FILE_BYTES) {
        position = 0;
      }
      channel.write(buffer, position);
      position += length;
    }
    if (sync) {
      channel.force(false);
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
