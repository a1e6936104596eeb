package dengine.engine;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.function.BooleanSupplier;

/// What is written through it ends early once nobody wants it any more: a node that is closed does
/// not wait until gigabytes are written.
final class AbortableStream extends FilterOutputStream {

  private final BooleanSupplier aborted;

  AbortableStream(OutputStream out, BooleanSupplier aborted) {
    super(out);
    this.aborted = aborted;
  }

  @Override
  public void write(int b) throws IOException {
    check();
    out.write(b);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    check();
    out.write(bytes, offset, length);
  }

  /// The stream below is not ours to close.
  @Override
  public void close() throws IOException {
    flush();
  }

  private void check() throws IOException {
    if (aborted.getAsBoolean()) {
      throw new IOException("the snapshot is not wanted any more: the node is closing");
    }
  }
}
