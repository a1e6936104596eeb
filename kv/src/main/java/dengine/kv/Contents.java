package dengine.kv;

import dengine.api.Bytes;
import dengine.api.KeyValue;
import dengine.api.Page;
import dengine.api.Values;
import dengine.engine.spi.StateMachine;
import dengine.kv.watch.ChangeRecorder;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// All that a [KvStore] holds between two snapshots that it is given: records, indexes, pins and
/// what was published. A reader takes hold of the contents once, and so of everything in them: a
/// store that is given a snapshot makes new contents, and who is reading the old ones finishes.
///
/// Written by one thread, read by any number of them.
final class Contents {

  /// What a read makes of the record it found.
  interface Shape<T> {
    T of(Bytes key, byte[] slab, int at);
  }

  final Records records = new Records();
  final Pins pins = new Pins();
  private final HashIndex index = new HashIndex(records);
  private final long seed;
  private final Writer writer;
  private ChangeRecorder changes = ChangeRecorder.NOBODY;
  private volatile Published published = Published.NOTHING;

  Contents(long seed, ExpiryBudget budget) {
    this.seed = seed;
    writer = new Writer(records, index, seed, budget);
  }

  /// What readers see.
  Published published() {
    return published;
  }

  /// Who is told what changes from here on. Called where batches are applied.
  void tell(ChangeRecorder recorder) {
    changes = recorder;
    writer.tell(recorder);
  }

  void apply(StateMachine.Batch batch) {
    Published now = writer.apply(batch);
    published = now;
    changes.published(now.revision());
    writer.tidy(now.revision(), batch.size(), pins);
  }

  /// Takes in a whole state; only while nothing was applied.
  void load(StateInput state, long revision, long time) throws IOException {
    published = writer.load(state, revision, time);
  }

  /// Pins what is published now.
  StoredView view() {
    int pin = pins.pin(published.revision());
    return new StoredView(this, published, pin);
  }

  Values getMany(List<Bytes> keys, Limits limits) {
    int pin = pins.pin(published.revision());
    try {
      Published now = published;
      List<Optional<KeyValue>> values = new ArrayList<>(keys.size());
      long bytes = 0;
      for (Bytes key : keys) {
        KeyValue found = read(key, now, Layout::keyValue);
        values.add(Optional.ofNullable(found));
        if (found != null) {
          bytes += key.length() + found.value().length();
          limits.checkResponse(bytes, keys.size());
        }
      }
      return new Values(now.revision(), values);
    } finally {
      pins.release(pin);
    }
  }

  Page scan(PageBuilder page) {
    int pin = pins.pin(published.revision());
    try {
      Published now = published;
      now.keys().visit(records, page.from().unsafeArray(), new ScannedPage(records, now, page));
      return page.page(now.revision());
    } finally {
      pins.release(pin);
    }
  }

  long stateHash() {
    int pin = pins.pin(published.revision());
    try {
      Published now = published;
      PinnedRecord record = new PinnedRecord(records, now.revision());
      StateDigest digest = new StateDigest();
      now.keys()
          .visitAll(
              slot -> {
                record.moveTo(slot);
                byte[] slab = record.slab;
                int at = record.at;
                digest.add(
                    slab,
                    at + Layout.HEADER_BYTES,
                    Layout.keyLength(slab, at),
                    Layout.valueLength(slab, at),
                    Layout.create(slab, at),
                    Layout.mod(slab, at),
                    Layout.version(slab, at),
                    Layout.deadline(slab, at));
                return true;
              });
      return digest.value();
    } finally {
      pins.release(pin);
    }
  }

  /// Reads a key at the newest revision.
  <T> @Nullable T read(Bytes key, Shape<T> shape) {
    return read(key, null, shape);
  }

  /// Reads a key at what was pinned, or at the newest revision.
  ///
  /// The revision must be loaded first: a record that is the newest now and published a moment
  /// later may have been replaced within its own batch, and then nobody may ever see it.
  private <T> @Nullable T read(Bytes key, @Nullable Published pinned, Shape<T> shape) {
    byte[] bytes = key.unsafeArray();
    long hash = KeyHash.of(seed, bytes, 0, bytes.length);
    for (; ; ) {
      Published now = pinned == null ? published : pinned;
      long address = index.find(hash, bytes, 0, bytes.length);
      while (address != Slabs.NONE) {
        Slab slab = records.slabs.at(address);
        if (slab == null) {
          // The record has moved or, if nothing is pinned, become too old: begin anew.
          break;
        }
        int at = Slabs.offset(address);
        if (Layout.mod(slab.bytes, at) <= now.revision()) {
          return Layout.isTombstone(slab.bytes, at) || now.hides(slab.bytes, at)
              ? null
              : shape.of(key, slab.bytes, at);
        }
        address = Layout.previous(slab.bytes, at);
      }
      if (address == Slabs.NONE) {
        return null;
      }
    }
  }
}
