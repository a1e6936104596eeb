package dengine.engine;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.function.BooleanSupplier;

/// What is read through it ends early once nobody wants it any more: a node that is closed does not
/// wait until gigabytes are read.
final class AbortableInput extends FilterInputStream {

  private final BooleanSupplier aborted;

  AbortableInput(InputStream in, BooleanSupplier aborted) {
    super(in);
    this.aborted = aborted;
  }

  @Override
  public int read() throws IOException {
    check();
    return in.read();
  }

  @Override
  public int read(byte[] bytes, int offset, int length) throws IOException {
    check();
    return in.read(bytes, offset, length);
  }

  @Override
  public long skip(long count) throws IOException {
    check();
    return in.skip(count);
  }

  /// The stream below is not ours to close.
  @Override
  public void close() {}

  private void check() throws IOException {
    if (aborted.getAsBoolean()) {
      throw new IOException("the snapshot is not wanted any more: the node is closing");
    }
  }
}
