package dengine.testkit.linearizability;

import dengine.api.Bytes;
import dengine.api.KeyValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// What happened to one key, by revision.
final class Timeline {

  /// The key from one revision to the next.
  ///
  /// @param value empty after a deletion
  /// @param operation the write that made it
  record Version(
      long revision, Optional<Bytes> value, long created, long version, Operation operation) {

    boolean present() {
      return value.isPresent();
    }

    @Override
    public String toString() {
      return value
          .map(
              bytes ->
                  "\"%s\" (mod revision %d, create revision %d, version %d)"
                      .formatted(bytes, revision, created, version))
          .orElse("absent");
    }
  }

  private final TreeMap<Long, Version> versions = new TreeMap<>();
  /// Writes with unknown outcome that no read has shown so far.
  private final List<Operation> unseen = new ArrayList<>();

  /// Notes a write; its counters are filled in by [#replay].
  void add(long revision, Optional<Bytes> value, Operation operation) {
    versions.put(revision, new Version(revision, value, 0, 0, operation));
  }

  void addUnseen(Operation operation) {
    unseen.add(operation);
  }

  List<Operation> unseen() {
    return unseen;
  }

  boolean has(long revision) {
    return versions.containsKey(revision);
  }

  /// Whether a write with unknown outcome may have removed the key without anybody noticing.
  boolean mayBeDeletedUnseen() {
    return unseen.stream().anyMatch(operation -> operation.call() instanceof Call.Delete);
  }

  /// The key as it was at a revision; empty before its first write.
  Optional<Version> at(long revision) {
    return Optional.ofNullable(versions.floorEntry(revision)).map(Map.Entry::getValue);
  }

  /// The first write after a revision.
  Optional<Version> after(long revision) {
    return Optional.ofNullable(versions.higherEntry(revision)).map(Map.Entry::getValue);
  }

  /// Fills in counters and checks that each swap met what it expected.
  void replay(Faults faults) {
    long created = 0;
    long version = 0;
    Optional<Bytes> value = Optional.empty();
    for (Map.Entry<Long, Version> entry : versions.entrySet()) {
      Version raw = entry.getValue();
      if (raw.operation().call() instanceof Call.CompareAndSwap swap
          && !swap.expected().equals(value)
          && !mayHaveBecome(swap.expected())) {
        faults.add(
            "swapped at revision %d although key %s was %s"
                .formatted(raw.revision(), swap.key(), value.map(Bytes::toString).orElse("absent")),
            raw.operation());
      }
      value = raw.value();
      version = value.isPresent() ? version + 1 : 0;
      created = version == 1 ? raw.revision() : created;
      entry.setValue(
          new Version(raw.revision(), value, version == 0 ? 0 : created, version, raw.operation()));
    }
  }

  private boolean mayHaveBecome(Optional<Bytes> expected) {
    return unseen.stream()
        .anyMatch(
            operation ->
                switch (operation.call()) {
                  case Call.Put put -> expected.equals(Optional.of(put.value()));
                  case Call.CompareAndSwap swap -> expected.equals(Optional.of(swap.value()));
                  case Call.Delete _ -> expected.isEmpty();
                  case Call.Get _, Call.GetMany _, Call.Scan _ -> false;
                });
  }

  /// What is wrong with a record that a read showed.
  Optional<String> faultOf(KeyValue seen) {
    Version right = versions.get(seen.modRevision());
    if (right == null) {
      return Optional.of("nobody wrote this at revision " + seen.modRevision());
    }
    if (!right.value().equals(Optional.of(seen.value()))) {
      return Optional.of("at revision %d it became %s".formatted(seen.modRevision(), right));
    }
    if (unseen.isEmpty()) {
      boolean same = right.created() == seen.createRevision() && right.version() == seen.version();
      return same ? Optional.empty() : Optional.of("it should be " + right);
    }
    // An unseen write may have added to the version or begun the key anew; what is left must still
    // fit.
    boolean first = seen.version() == 1;
    boolean possible =
        seen.version() >= 1
            && seen.createRevision() >= 1
            && (first
                ? seen.createRevision() == seen.modRevision()
                : seen.createRevision() < seen.modRevision());
    return possible ? Optional.empty() : Optional.of("no such counters can be");
  }
}
