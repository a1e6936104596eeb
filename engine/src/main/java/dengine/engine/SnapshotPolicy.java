package dengine.engine;

import java.time.Duration;
import java.util.List;

/// When a node takes a snapshot by itself. Whatever the policy, none is taken while nothing has
/// been applied since the last one.
public sealed interface SnapshotPolicy {

  /// After so many entries.
  ///
  /// @param count at least 1
  record Entries(long count) implements SnapshotPolicy {
    public Entries {
      require(count >= 1, "count", count, ">= 1");
    }
  }

  /// After entries of so many bytes.
  ///
  /// @param bytes at least 1
  record Bytes(long bytes) implements SnapshotPolicy {
    public Bytes {
      require(bytes >= 1, "bytes", bytes, ">= 1");
    }
  }

  /// After so much time.
  ///
  /// @param age at least 1 ms, at most 10 years
  record Age(Duration age) implements SnapshotPolicy {
    private static final Duration MOST = Duration.ofDays(3650);

    public Age {
      require(
          age.compareTo(Duration.ofMillis(1)) >= 0 && age.compareTo(MOST) <= 0,
          "age",
          age,
          "1 ms to 10 years");
    }
  }

  /// As soon as one of these says so.
  ///
  /// @param policies none means never: only when somebody asks
  record FirstOf(List<SnapshotPolicy> policies) implements SnapshotPolicy {
    public FirstOf {
      policies = List.copyOf(policies);
    }
  }

  /// As soon as one of these says so.
  static SnapshotPolicy firstOf(SnapshotPolicy... policies) {
    return new FirstOf(List.of(policies));
  }

  /// Only when somebody asks.
  static SnapshotPolicy onDemand() {
    return new FirstOf(List.of());
  }

  /// Whether one is due.
  ///
  /// @param entries applied since the last snapshot
  /// @param bytes of these entries
  /// @param nanos since it was taken
  default boolean isDue(long entries, long bytes, long nanos) {
    return entries > 0
        && (entries >= maxEntries() || bytes >= maxBytes() || nanos >= maxAgeNanos());
  }

  /// Entries after which one is due at the latest; [Long#MAX_VALUE] if they do not matter.
  default long maxEntries() {
    return switch (this) {
      case Entries(long count) -> count;
      case Bytes _, Age _ -> Long.MAX_VALUE;
      case FirstOf(List<SnapshotPolicy> all) ->
          all.stream().mapToLong(SnapshotPolicy::maxEntries).min().orElse(Long.MAX_VALUE);
    };
  }

  /// Bytes after which one is due at the latest; [Long#MAX_VALUE] if they do not matter.
  default long maxBytes() {
    return switch (this) {
      case Bytes(long bytes) -> bytes;
      case Entries _, Age _ -> Long.MAX_VALUE;
      case FirstOf(List<SnapshotPolicy> all) ->
          all.stream().mapToLong(SnapshotPolicy::maxBytes).min().orElse(Long.MAX_VALUE);
    };
  }

  /// Nanoseconds after which one is due at the latest; [Long#MAX_VALUE] if they do not matter.
  default long maxAgeNanos() {
    return switch (this) {
      case Age(Duration age) -> age.toNanos();
      case Entries _, Bytes _ -> Long.MAX_VALUE;
      case FirstOf(List<SnapshotPolicy> all) ->
          all.stream().mapToLong(SnapshotPolicy::maxAgeNanos).min().orElse(Long.MAX_VALUE);
    };
  }

  private static void require(boolean holds, String name, Object value, String range) {
    if (!holds) {
      throw new IllegalArgumentException(name + " = " + value + ", permitted: " + range);
    }
  }
}
