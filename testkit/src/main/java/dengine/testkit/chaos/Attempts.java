package dengine.testkit.chaos;

import dengine.api.Bytes;
import dengine.api.WatchEvent;
import dengine.testkit.linearizability.Answer;
import dengine.testkit.linearizability.Call;
import dengine.testkit.linearizability.Operation;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/// Every write that clients tried, and what they know about it, against which each event is held.
/// A value is written once, so it names its write; a removal is recognised by its revision.
final class Attempts {

  /// What became of a write.
  private sealed interface Fate {
    record Done(long revision) implements Fate {}

    record Refused() implements Fate {}

    record Unknown() implements Fate {}
  }

  private record Store(Bytes key, Fate fate) {}

  private final Map<Bytes, Store> stores = new HashMap<>();
  private final Map<Bytes, Long> revealed = new HashMap<>();
  /// In the order of their revisions: whether one changed something depends on the one before.
  private final Map<Bytes, Set<Long>> removals = new HashMap<>();
  private final Map<Bytes, Integer> doubtfulRemovals = new HashMap<>();
  private final Map<Bytes, Set<Long>> revealedRemovals = new HashMap<>();
  private final Map<Bytes, Integer> doubtfulStores = new HashMap<>();

  Attempts(List<Operation> operations) {
    operations.forEach(this::add);
  }

  private void add(Operation operation) {
    switch (operation.call()) {
      case Call.Put(Bytes key, Bytes value) -> addStore(key, value, fate(operation));
      case Call.CompareAndSwap(Bytes key, _, Bytes value) -> addStore(key, value, fate(operation));
      case Call.Delete(Bytes key) -> {
        switch (fate(operation)) {
          case Fate.Done(long revision) ->
              removals.computeIfAbsent(key, _ -> new TreeSet<>()).add(revision);
          case Fate.Unknown _ -> doubtfulRemovals.merge(key, 1, Integer::sum);
          case Fate.Refused _ -> {}
        }
      }
      case Call.Get _, Call.GetMany _, Call.Scan _ -> {}
    }
  }

  private void addStore(Bytes key, Bytes value, Fate fate) {
    if (stores.put(value, new Store(key, fate)) != null) {
      throw new IllegalArgumentException("two writes of the value " + value + ": cannot judge");
    }
    if (fate instanceof Fate.Unknown) {
      doubtfulStores.merge(key, 1, Integer::sum);
    }
  }

  private static Fate fate(Operation operation) {
    return switch (operation.answer()) {
      case Answer.Written(long revision) -> new Fate.Done(revision);
      case Answer.Swapped(boolean succeeded, long revision) ->
          succeeded ? new Fate.Done(revision) : new Fate.Refused();
      case Answer.Rejected _ -> new Fate.Refused();
      case Answer.Unknown _ -> new Fate.Unknown();
      case Answer.Found _, Answer.FoundMany _, Answer.Scanned _ ->
          throw new IllegalArgumentException(operation + " is no write");
    };
  }

  /// Why this event cannot be; empty if a write that was tried explains it. One of unknown outcome
  /// explains one revision only: from now on this one.
  Optional<String> phantom(WatchEvent.Change change) {
    return switch (change) {
      case WatchEvent.Put put -> phantomStore(put);
      case WatchEvent.Delete(_, _, _, boolean expired) when expired ->
          Optional.of("nothing has a time to live");
      case WatchEvent.Delete gone -> phantomRemoval(gone.key(), gone.revision());
    };
  }

  private Optional<String> phantomStore(WatchEvent.Put put) {
    Store store = stores.get(put.value());
    if (store == null || !store.key.equals(put.key())) {
      return Optional.of("nobody tried to write that");
    }
    return switch (store.fate) {
      case Fate.Refused _ -> Optional.of("that write was refused");
      case Fate.Done(long revision) ->
          revision == put.revision()
              ? Optional.empty()
              : Optional.of("that write was acknowledged at revision " + revision);
      case Fate.Unknown _ -> {
        long first = revealed.computeIfAbsent(put.value(), _ -> put.revision());
        yield first == put.revision()
            ? Optional.empty()
            : Optional.of("that write was told at revision " + first);
      }
    };
  }

  private Optional<String> phantomRemoval(Bytes key, long revision) {
    if (removals.getOrDefault(key, Set.of()).contains(revision)) {
      return Optional.empty();
    }
    Set<Long> told = revealedRemovals.computeIfAbsent(key, _ -> new HashSet<>());
    told.add(revision);
    return told.size() <= doubtfulRemovals.getOrDefault(key, 0)
        ? Optional.empty()
        : Optional.of("nobody tried to remove it that often");
  }

  /// What receives acknowledged writes.
  interface Receiver {
    void accept(long revision, Bytes key, Optional<Bytes> value);
  }

  /// Every acknowledged value, each of which must have been told.
  void acknowledgedStores(Receiver receiver) {
    stores.forEach(
        (value, store) -> {
          if (store.fate instanceof Fate.Done(long revision)) {
            receiver.accept(revision, store.key, Optional.of(value));
          }
        });
  }

  /// Every acknowledged removal, those of a key in order. Each must have been told of if there was
  /// something.
  void acknowledgedRemovals(Receiver receiver) {
    removals.forEach(
        (key, revisions) ->
            revisions.forEach(each -> receiver.accept(each, key, Optional.empty())));
  }

  /// Whether a value may have been stored under this key that no event has shown.
  boolean mayBeStoredUnseen(Bytes key) {
    return doubtfulStores.getOrDefault(key, 0)
        > stores.entrySet().stream()
            .filter(entry -> entry.getValue().key.equals(key))
            .filter(entry -> revealed.containsKey(entry.getKey()))
            .count();
  }

  /// Whether this key may have been removed without an event that shows it.
  boolean mayBeRemovedUnseen(Bytes key) {
    return doubtfulRemovals.getOrDefault(key, 0)
        > revealedRemovals.getOrDefault(key, Set.of()).size();
  }
}
