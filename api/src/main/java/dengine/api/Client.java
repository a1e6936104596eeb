package dengine.api;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/// The key-value store, blocking. `EmbeddedClient` and `GrpcClient` implement it alike, so an
/// application moves between them by changing one line. Safe for any number of threads; cheap on
/// virtual ones.
///
/// **Outcomes.** A write that returns was committed by a quorum and applied; its revision says
/// where. One that throws a [RejectedException] certainly did not and will not happen. One that
/// throws [OutcomeUnknownException] may or may not take effect. A read that throws changed nothing.
///
/// **Deadlines.** Every call ends within the client's deadline, see [#withDeadline].
///
/// **Limits.** A key is 1 to 4096 bytes, a value at most 1 MiB, a request at most 1.5 MiB, unless
/// the server is configured otherwise; beyond them calls fail with [InvalidRequestException] and
/// nothing is written.
public interface Client extends AutoCloseable {

  /// The same store without blocking: same names, futures instead of results.
  AsyncClient async();

  /// This client with another deadline for each call; shares everything else, and closing either
  /// closes both.
  ///
  /// @param deadline longest time a call may take, retries included; positive
  Client withDeadline(Duration deadline);

  /// Stores a value.
  ///
  /// @return the revision of the write
  long put(Bytes key, Bytes value);

  /// Stores a value that goes by itself.
  ///
  /// Time is the cluster's, which is in its log and the same for all nodes: it goes on while a
  /// majority is up, and no clock that is set wrong changes it. The key has gone within 100 ms of
  /// its deadline; from then on no read finds it that asks the leader or a node that is up to date,
  /// and a swap takes it for absent. Those who watch hear of it at the same time, unless many
  /// thousands of keys are due at once. A put without a time to live takes away what an earlier one
  /// had.
  ///
  /// @param ttl from when the write is appended to the log; see [TimeToLive]
  /// @return the revision of the write
  long put(Bytes key, Bytes value, Duration ttl);

  /// Stores a text that goes by itself, see [#put(Bytes, Bytes, Duration)].
  default long put(String key, String value, Duration ttl) {
    return put(Bytes.of(key), Bytes.of(value), ttl);
  }

  /// Stores a text under a key, both as UTF-8.
  default long put(String key, String value) {
    return put(Bytes.of(key), Bytes.of(value));
  }

  /// Removes a key; one that does not exist is no error.
  ///
  /// @return the revision of the removal
  long delete(Bytes key);

  /// Removes a key.
  default long delete(String key) {
    return delete(Bytes.of(key));
  }

  /// Stores a value if the present one is as expected.
  ///
  /// @param expected the bytes that must be stored now; empty if the key must not exist
  Swap compareAndSwap(Bytes key, Optional<Bytes> expected, Bytes value);

  /// Stores a value that goes by itself if the present one is as expected; see
  /// [#compareAndSwap(Bytes, Optional, Bytes)] and [#put(Bytes, Bytes, Duration)]. A lock is made
  /// of this: whoever holds it swaps its own value for the same one, in time.
  Swap compareAndSwap(Bytes key, Optional<Bytes> expected, Bytes value, Duration ttl);

  /// Reads a key, linearizable.
  default Optional<KeyValue> get(Bytes key) {
    return get(key, ReadPolicy.LINEARIZABLE);
  }

  /// Reads a key, linearizable.
  default Optional<KeyValue> get(String key) {
    return get(Bytes.of(key));
  }

  /// Reads a key.
  Optional<KeyValue> get(Bytes key, ReadPolicy policy);

  /// Reads several keys, all at one revision.
  ///
  /// @param keys 1 to 1024 keys, duplicates allowed
  Values getMany(List<Bytes> keys, ReadPolicy policy);

  /// Reads several keys, all at one revision, linearizable.
  default Values getMany(List<Bytes> keys) {
    return getMany(keys, ReadPolicy.LINEARIZABLE);
  }

  /// Reads the keys that begin with a prefix, all at one revision.
  Page scan(Scan scan);

  /// Watches a key, from now on; see [Watch].
  default Watch watch(Bytes key) {
    return watch(key, WatchOptions.DEFAULT);
  }

  /// Watches a key, from now on; see [Watch].
  default Watch watch(String key) {
    return watch(Bytes.of(key));
  }

  /// Watches a key; see [Watch].
  ///
  /// @throws CompactedException if the revision to start from is too old
  /// @throws RateLimitedException if the node has as many watches as it is configured with
  Watch watch(Bytes key, WatchOptions options);

  /// Watches a key; see [#watch(Bytes, WatchOptions)].
  default Watch watch(String key, WatchOptions options) {
    return watch(Bytes.of(key), options);
  }

  /// Watches all keys below a prefix, from now on; see [#watchPrefix(Bytes, WatchOptions)].
  default Watch watchPrefix(Bytes prefix) {
    return watchPrefix(prefix, WatchOptions.DEFAULT);
  }

  /// Watches all keys below a prefix, from now on; see [#watchPrefix(Bytes, WatchOptions)].
  default Watch watchPrefix(String prefix) {
    return watchPrefix(Bytes.of(prefix));
  }

  /// Watches all keys below a prefix; see [Watch].
  ///
  /// @param prefix begins and ends with `/`: with `/services/` go `/services/a`, `/services/a/b`
  ///     and `/services/`, but neither `/services` nor `/services-old/a`
  /// @throws CompactedException if the revision to start from is too old
  /// @throws RateLimitedException if the node has as many watches as it is configured with
  Watch watchPrefix(Bytes prefix, WatchOptions options);

  /// Watches all keys below a prefix; see [#watchPrefix(Bytes, WatchOptions)].
  default Watch watchPrefix(String prefix, WatchOptions options) {
    return watchPrefix(Bytes.of(prefix), options);
  }

  /// The members of the cluster as the answering node knows them.
  List<Member> members();

  /// The present leader, if the answering node knows one.
  Optional<Leader> leader();

  /// Releases connections. Calls in flight fail with [ClosedException].
  @Override
  void close();
}
