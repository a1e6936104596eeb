package dengine.testkit.simulation;

import dengine.api.Bytes;
import dengine.kv.watch.ChangeRecorder;
import org.jspecify.annotations.Nullable;

/// Tells those who watch something else than what changed.
final class SabotagedRecorder implements ChangeRecorder {

  private static final int SOME = 17;

  private final PlantedBug bug;
  private final ChangeRecorder honest;

  SabotagedRecorder(PlantedBug bug, ChangeRecorder honest) {
    this.bug = bug;
    this.honest = honest;
  }

  @Override
  public void begin(long revision) {
    honest.begin(revision);
  }

  @Override
  public boolean wantsPrevious() {
    return honest.wantsPrevious();
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
      @Nullable Bytes previous) {
    boolean chosen = revision % SOME == 0;
    if (chosen && bug == PlantedBug.WATCH_MISSES_A_CHANGE) {
      return;
    }
    boolean forgets = bug == PlantedBug.WATCH_FORGETS_PREVIOUS_VALUES;
    Bytes before = forgets && chosen ? null : previous;
    honest.put(revision, key, keyAt, keyLength, value, valueAt, valueLength, before);
    if (chosen && bug == PlantedBug.WATCH_TELLS_TWICE) {
      honest.put(revision, key, keyAt, keyLength, value, valueAt, valueLength, before);
    }
  }

  @Override
  public void delete(
      long revision,
      byte[] key,
      int keyAt,
      int keyLength,
      @Nullable Bytes previous,
      boolean expired) {
    boolean lies = bug == PlantedBug.WATCH_KNOWS_NO_EXPIRY;
    honest.delete(revision, key, keyAt, keyLength, previous, expired && !lies);
  }

  @Override
  public void published(long revision) {
    honest.published(bug == PlantedBug.WATCH_PROGRESS_IS_AHEAD ? revision + 1 : revision);
  }

  @Override
  public void replaced(long revision) {
    if (bug == PlantedBug.WATCH_OVERLOOKS_A_SNAPSHOT) {
      honest.published(revision);
    } else {
      honest.replaced(revision);
    }
  }
}
