package dengine.kv;

import dengine.api.Bytes;
import dengine.api.InvalidRequestException;
import dengine.api.KeyValue;
import dengine.api.Page;
import dengine.api.Scan;
import dengine.api.Values;
import dengine.engine.spi.StateMachine;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The key-value store in memory: what [Command]s in the log make of it.
///
/// **Writing.** [#apply] is called by one thread at a time. The result of a command, see
/// [Batch#complete], is
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
/// **Reading.** Any number of threads, never waiting for the writer or for each other, nor making
/// them wait. [#getMany] and [#scan] see everything at one revision. Requests are not checked here:
/// [Limits] does that.
public final class KvStore implements StateMachine {

  private static final long NOT_PINNED = -1;

  /// What a read makes of the record it found.
  private interface Shape<T> {
    T of(Bytes key, byte[] slab, int at);
  }

  private final Limits limits;
  private final Records records = new Records();
  private final HashIndex index = new HashIndex(records);
  private final Pins pins = new Pins();
  private final long seed;
  private final Writer writer;
  private volatile Published published = Published.NOTHING;

  /// An empty store with [Limits#DEFAULT].
  public KvStore() {
    this(Limits.DEFAULT);
  }

  /// An empty store.
  ///
  /// @param limits bound the answers of [#getMany] and [#scan]
  public KvStore(Limits limits) {
    // Which keys collide in the hash index is different in every process, so nobody can choose
    // them.
    this(limits, System.nanoTime() * 0x9e3779b97f4a7c15L ^ System.identityHashCode(limits));
  }

  KvStore(Limits limits, long seed) {
    this.limits = limits;
    this.seed = seed;
    writer = new Writer(records, index, seed);
  }

  /// It lives in memory.
  @Override
  public boolean neverWaits() {
    return true;
  }

  @Override
  public void apply(Batch batch) {
    Published now = writer.apply(batch);
    published = now;
    writer.tidy(now.revision(), batch.size(), pins);
  }

  /// What requests may ask for.
  public Limits limits() {
    return limits;
  }

  /// Index of the last applied log entry whose batch is visible to readers; 0 in an empty store.
  public long revision() {
    return published.revision();
  }

  /// How large the store is.
  public Footprint footprint() {
    Published now = published;
    return new Footprint(now.count(), now.liveBytes(), now.slabBytes(), now.indexBytes());
  }

  /// Reads a key.
  public Optional<KeyValue> get(Bytes key) {
    return Optional.ofNullable(find(key));
  }

  /// Reads a key; null if it does not exist. Like [#get], for those who count allocations.
  public @Nullable KeyValue find(Bytes key) {
    return read(key, NOT_PINNED, Layout::keyValue);
  }

  /// Reads the bytes stored under a key, a copy; null if it does not exist.
  public byte @Nullable [] value(Bytes key) {
    return read(key, NOT_PINNED, (wanted, slab, at) -> Layout.value(slab, at));
  }

  /// Reads several keys, all at one revision.
  ///
  /// @throws InvalidRequestException if keys and values together are more than
  ///     [Limits#maxResponseBytes] and there is more than one key
  public Values getMany(List<Bytes> keys) {
    int pin = pins.pin(published.revision());
    try {
      long revision = published.revision();
      List<Optional<KeyValue>> values = new ArrayList<>(keys.size());
      long bytes = 0;
      for (Bytes key : keys) {
        KeyValue found = read(key, revision, Layout::keyValue);
        values.add(Optional.ofNullable(found));
        if (found != null) {
          bytes += key.length() + found.value().length();
          checkResponse(bytes, keys.size());
        }
      }
      return new Values(revision, values);
    } finally {
      pins.release(pin);
    }
  }

  /// Reads the keys that begin with a prefix, in ascending order of unsigned bytes, all at one
  /// revision. The page ends at the scan's limit or before it would be more than
  /// [Limits#maxResponseBytes] of keys and values, but has one entry at least if there is one.
  ///
  /// [Scan#policy] is not looked at.
  public Page scan(Scan scan) {
    byte[] from = scan.prefix().unsafeArray();
    if (scan.from().isPresent() && scan.from().get().compareTo(scan.prefix()) > 0) {
      from = scan.from().get().unsafeArray();
    }
    int pin = pins.pin(published.revision());
    try {
      Published now = published;
      PageBuilder page = new PageBuilder(records, now.revision(), scan, limits.maxResponseBytes());
      now.keys().visit(records, from, page);
      return page.page();
    } finally {
      pins.release(pin);
    }
  }

  /// Digest of all keys with their values and revisions: two stores that applied the same log up to
  /// the same revision have the same. Looks at every record: for tests and for finding faults.
  public long stateHash() {
    int pin = pins.pin(published.revision());
    try {
      Published now = published;
      StateDigest digest = new StateDigest(records, now.revision());
      now.keys().visitAll(digest);
      return digest.value();
    } finally {
      pins.release(pin);
    }
  }

  private void checkResponse(long bytes, int keys) {
    if (bytes > limits.maxResponseBytes() && keys > 1) {
      throw new InvalidRequestException(
          "bytes of all keys and values together",
          "more than " + limits.maxResponseBytes(),
          "0 to " + limits.maxResponseBytes() + "; ask for fewer keys at a time");
    }
  }

  /// Reads a key at a pinned revision, or at the newest.
  ///
  /// The revision must be loaded first: a record that is the newest now and published a moment
  /// later may have been replaced within its own batch, and then nobody may ever see it.
  private <T> @Nullable T read(Bytes key, long pinned, Shape<T> shape) {
    byte[] bytes = key.unsafeArray();
    long hash = KeyHash.of(seed, bytes, 0, bytes.length);
    for (; ; ) {
      long revision = pinned == NOT_PINNED ? published.revision() : pinned;
      long address = index.find(hash, bytes, 0, bytes.length);
      while (address != Slabs.NONE) {
        Slab slab = records.slabs.at(address);
        if (slab == null) {
          // The record has moved or, if nothing is pinned, become too old: begin anew.
          break;
        }
        int at = Slabs.offset(address);
        if (Layout.mod(slab.bytes, at) <= revision) {
          return Layout.isTombstone(slab.bytes, at) ? null : shape.of(key, slab.bytes, at);
        }
        address = Layout.previous(slab.bytes, at);
      }
      if (address == Slabs.NONE) {
        return null;
      }
    }
  }
}
