package dengine.kv.watch;

import dengine.api.Bytes;
import org.jspecify.annotations.Nullable;

/// Records nothing.
final class NoRecorder implements ChangeRecorder {

  @Override
  public void begin(long revision) {}

  @Override
  public boolean wantsPrevious() {
    return false;
  }

  @Override
  public void put(
      long revision,
      byte[] key,
      int keyAt,
      int keyLength,
      byte[] value,
      int valueAt,
      int valueLength,
      @Nullable Bytes previous) {}

  @Override
  public void delete(
      long revision,
      byte[] key,
      int keyAt,
      int keyLength,
      @Nullable Bytes previous,
      boolean expired) {}

  @Override
  public void published(long revision) {}

  @Override
  public void replaced(long revision) {}
}
