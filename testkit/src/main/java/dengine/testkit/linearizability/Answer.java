package dengine.testkit.linearizability;

import dengine.api.Bytes;
import dengine.api.KeyValue;
import java.util.List;
import java.util.Optional;

/// What a client was told.
public sealed interface Answer {

  /// A put or a delete took effect at this revision.
  record Written(long revision) implements Answer {}

  /// A compare-and-swap was decided at this revision.
  record Swapped(boolean succeeded, long revision) implements Answer {}

  /// What a get found.
  record Found(Optional<KeyValue> record) implements Answer {}

  /// What a read of several keys found, one entry for each key asked for, all seen at one revision.
  record FoundMany(long revision, List<Optional<KeyValue>> records) implements Answer {
    public FoundMany {
      records = List.copyOf(records);
    }
  }

  /// What a scan found, all seen at one revision.
  ///
  /// @param next first key that the page does not cover; empty if it covers the whole prefix
  record Scanned(long revision, List<KeyValue> records, Optional<Bytes> next) implements Answer {
    public Scanned {
      records = List.copyOf(records);
    }
  }

  /// Certainly did not and will not happen. If its value is ever read, that is a violation.
  record Rejected() implements Answer {}

  /// May or may not have happened, or may happen later.
  record Unknown() implements Answer {}
}
