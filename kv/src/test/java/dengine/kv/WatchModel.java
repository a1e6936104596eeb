package dengine.kv;

import dengine.api.Bytes;
import dengine.api.KeyValue;
import dengine.api.WatchEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// What changes while commands are applied, written down as simply as possible.
final class WatchModel {

  private final ModelStore store;

  /// Everything that ever changed.
  final List<WatchEvent.Change> changes = new ArrayList<>();

  long revision;

  WatchModel(ExpiryBudget budget) {
    store = new ModelStore(budget);
  }

  /// Applies an entry that is no command.
  void pass() {
    revision++;
    tell(store.passes(TestBatch.timeOf(revision)));
  }

  void apply(Command command) {
    revision++;
    long time = TestBatch.timeOf(revision);
    tell(store.beforeCommand(command.key(), time));
    Optional<Bytes> before = value(command.key());
    store.execute(command, revision, time);
    KeyValue after = store.content.get(command.key());
    if (after == null && before.isPresent()) {
      changes.add(new WatchEvent.Delete(revision, command.key(), before, false));
    } else if (after != null && after.modRevision() == revision) {
      changes.add(new WatchEvent.Put(revision, command.key(), after.value(), before));
    }
  }

  private Optional<Bytes> value(Bytes key) {
    return Optional.ofNullable(store.content.get(key)).map(KeyValue::value);
  }

  private void tell(List<KeyValue> expired) {
    for (KeyValue entry : expired) {
      Optional<Bytes> before = Optional.of(entry.value());
      changes.add(new WatchEvent.Delete(revision, entry.key(), before, true));
    }
  }
}
