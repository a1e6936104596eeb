package dengine.kv.watch;

import dengine.api.Bytes;
import org.jspecify.annotations.Nullable;

/// Told by a store what each batch changes, in the order of the log, by whoever applies. What it is
/// given it may keep: nobody changes these bytes any more.
public interface ChangeRecorder {

  /// Of a store whose changes nobody wants to know.
  ChangeRecorder NOBODY = new NoRecorder();

  /// A batch begins.
  ///
  /// @param revision of its first entry
  void begin(long revision);

  /// Whether changes are told with what was stored before. The same from [#begin] to [#published].
  boolean wantsPrevious();

  /// A value was stored: `value[valueAt, valueAt + valueLength)` under `key[keyAt, keyAt +
  /// keyLength)`.
  ///
  /// @param previous what was stored before, if that is wanted and there was something
  void put(
      long revision,
      byte[] key,
      int keyAt,
      int keyLength,
      byte[] value,
      int valueAt,
      int valueLength,
      @Nullable Bytes previous);

  /// A key that existed was removed.
  ///
  /// @param previous what was stored, if that is wanted
  /// @param expired whether its time to live did it
  void delete(
      long revision,
      byte[] key,
      int keyAt,
      int keyLength,
      @Nullable Bytes previous,
      boolean expired);

  /// The batch is over, and readers see it.
  ///
  /// @param revision of its last entry
  void published(long revision);

  /// Another state took the place of the store's, and readers see it: what changed between the two
  /// is not known.
  ///
  /// @param revision of the state
  void replaced(long revision);
}
