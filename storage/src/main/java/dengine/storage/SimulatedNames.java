package dengine.storage;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/// The names on a [SimulatedDisk]: as processes see them, and which of them are durable.
final class SimulatedNames {

  /// A change of names that may be forgotten.
  private record Change(
      @Nullable Path removed, @Nullable Path added, @Nullable SimulatedContent content) {

    void applyTo(Map<Path, SimulatedContent> names) {
      if (removed != null) {
        names.remove(removed);
      }
      if (added != null) {
        names.put(added, content);
      }
    }
  }

  final TreeMap<Path, SimulatedContent> now = new TreeMap<>();
  private final TreeMap<Path, SimulatedContent> durable = new TreeMap<>();
  private final List<Change> unsynced = new ArrayList<>();

  /// Changes a name.
  ///
  /// @param removed what goes, if anything
  /// @param added what comes, if anything
  void change(@Nullable Path removed, @Nullable Path added, @Nullable SimulatedContent content) {
    Change change = new Change(removed, added, content);
    change.applyTo(now);
    unsynced.add(change);
  }

  /// Changes a name on the platter.
  void put(Path file, SimulatedContent content) {
    now.put(file, content);
    durable.put(file, content);
  }

  /// Removes a name from the platter.
  void lose(Path file) {
    now.remove(file);
    durable.remove(file);
  }

  /// All changes become durable.
  void force() {
    unsynced.clear();
    durable.clear();
    durable.putAll(now);
  }

  /// Number of changes that may be forgotten.
  int unsynced() {
    return unsynced.size();
  }

  /// The names after a power cut.
  ///
  /// @param kept which changes are not forgotten
  Map<Path, SimulatedContent> afterPowerCut(boolean[] kept) {
    TreeMap<Path, SimulatedContent> found = new TreeMap<>(durable);
    for (int i = 0; i < kept.length; i++) {
      if (kept[i]) {
        unsynced.get(i).applyTo(found);
      }
    }
    return found;
  }

  /// Everything that may have a name after a power cut.
  List<SimulatedContent> reachable() {
    List<SimulatedContent> all = new ArrayList<>(durable.values());
    for (Change change : unsynced) {
      if (change.content != null && !all.contains(change.content)) {
        all.add(change.content);
      }
    }
    return all;
  }

  /// The same names for other contents.
  void copyTo(SimulatedNames other, UnaryOperator<SimulatedContent> contents) {
    now.forEach((path, content) -> other.now.put(path, contents.apply(content)));
    durable.forEach((path, content) -> other.durable.put(path, contents.apply(content)));
    for (Change change : unsynced) {
      SimulatedContent content = change.content;
      other.unsynced.add(
          new Change(
              change.removed, change.added, content == null ? null : contents.apply(content)));
    }
  }
}
