package dengine.kv;

import dengine.api.Bytes;
import dengine.api.KeyValue;
import dengine.api.WatchEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// What changes while commands are applied, written down as simply as possible.
final class WatchModel {

  private final ModelStore store = new ModelStore();

  /// Everything that ever changed.
  final List<WatchEvent.Change> changes = new ArrayList<>();

  long revision;

  Map<Bytes, KeyValue> content() {
    return store.content;
  }

  /// Applies an entry that is no command.
  void pass() {
    revision++;
    expire();
    store.passes(TestBatch.timeOf(revision));
  }

  void apply(Command command) {
    revision++;
    expire();
    store.passes(TestBatch.timeOf(revision));
    Optional<Bytes> before = Optional.ofNullable(content().get(command.key())).map(KeyValue::value);
    store.apply(command, revision, TestBatch.timeOf(revision));
    KeyValue after = content().get(command.key());
    if (after == null && before.isPresent()) {
      changes.add(new WatchEvent.Delete(revision, command.key(), before, false));
    } else if (after != null && after.modRevision() == revision) {
      changes.add(new WatchEvent.Put(revision, command.key(), after.value(), before));
    }
  }

  private void expire() {
    long time = TestBatch.timeOf(revision);
    store.deadlines.forEach(
        (key, deadline) -> {
          if (deadline <= time) {
            Optional<Bytes> before = Optional.of(content().get(key).value());
            changes.add(new WatchEvent.Delete(revision, key, before, true));
          }
        });
  }
}
