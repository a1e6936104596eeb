package dengine.kv;

import dengine.api.Bytes;
import dengine.api.InvalidRequestException;
import dengine.api.KeyValue;
import dengine.api.Page;
import dengine.api.Scan;
import dengine.api.Values;
import dengine.engine.spi.StateMachine;
import dengine.kv.watch.ChangeRecorder;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// What [Command]s in the log make of keys and values, wherever they are kept: the state machine
/// below the client interfaces. All stores behave alike, and read each other's snapshots.
///
/// **Writing.** [#apply] is called by one thread at a time. The result of a command, see
/// [StateMachine.Batch#complete], is
///
/// - a `Long`, the revision, for [Command.Put] and [Command.Delete],
/// - a [dengine.api.Swap] for [Command.CompareAndSwap],
/// - an [InvalidRequestException], not thrown, for bytes that are no command. It changes nothing,
///   on every node alike. Limits do not matter here: they may differ from node to node, and what is
///   committed is applied.
///
/// **Revisions.** The revision of a change is the log index of its entry. The store's revision is
/// the index of the last applied entry; entries that change nothing advance it too. It and all
/// changes become visible once per batch, so no reader ever sees part of a batch.
///
/// **Time to live.** A key whose deadline an entry's time has reached is seen by nobody from that
/// entry on, neither by readers nor by commands. Removed, and told to those who watch, are no more
/// with one entry than [ExpiryBudget] says, the earliest deadline first, of equal ones the earliest
/// revision; a key that a command is about is removed before it. As long as some are left,
/// [#nextDeadline] is a time that has passed.
///
/// **Reading.** Any number of threads, never waiting for the writer or for each other, nor making
/// them wait. A read sees everything at one revision, and none sees an older one than a read before
/// it did. Requests are not checked here: [Limits] does that.
///
/// **Snapshots.** [#view] and [#restore] take and give the stream that `docs/snapshots.md`
/// describes, the same in every store. [#restore] refuses a snapshot older than what was applied:
/// readers would go back in time.
public interface KeyValueStore extends StateMachine {

  /// Says who is told what changes from here on, by whoever applies: after what a batch changed is
  /// visible to readers, and after another state took the place of this one. Called before anything
  /// is applied, at most once.
  void tell(ChangeRecorder recorder);

  /// What requests may ask for.
  Limits limits();

  /// Index of the last applied log entry whose batch is visible to readers; 0 in an empty store.
  long revision();

  /// How large the store is.
  Footprint footprint();

  /// Reads a key.
  default Optional<KeyValue> get(Bytes key) {
    return Optional.ofNullable(find(key));
  }

  /// Reads a key; null if it does not exist. Like [#get], for those who count allocations.
  @Nullable KeyValue find(Bytes key);

  /// Reads the bytes stored under a key, a copy; null if it does not exist.
  byte @Nullable [] value(Bytes key);

  /// Reads several keys, all at one revision.
  ///
  /// @throws InvalidRequestException if keys and values together are more than
  ///     [Limits#maxResponseBytes] and there is more than one key
  Values getMany(List<Bytes> keys);

  /// Reads the keys that begin with a prefix, in ascending order of unsigned bytes, all at one
  /// revision. The page ends at the scan's limit or before it would be more than
  /// [Limits#maxResponseBytes] of keys and values, but has one entry at least if there is one.
  ///
  /// [Scan#policy] is not looked at.
  Page scan(Scan scan);

  /// Digest of all keys with their values and revisions, see [StateDigest]: two stores that applied
  /// the same log up to the same revision have the same. Looks at every record: for tests and for
  /// finding faults.
  long stateHash();
}
