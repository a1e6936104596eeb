package dengine.kv;

import dengine.api.Bytes;
import dengine.api.KeyValue;
import dengine.api.Page;
import dengine.api.Scan;
import dengine.api.Values;
import dengine.kv.watch.ChangeRecorder;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The key-value store in memory.
///
/// **A view** is there at once, and slows nobody down: what it needs is kept beside what the writer
/// makes. Until it is closed nothing is given back, so the store grows by about what is written
/// meanwhile: a record of key, value and 44 to 51 bytes per write, 8 bytes of index per deleted
/// key, and the parts of the ordered index that changed.
///
/// **Restoring** builds everything anew beside what is there: while it lasts, the old state and the
/// new one are both in memory. Then readers are switched over at once; reads and views that are
/// under way finish on the old state.
public final class KvStore implements KeyValueStore {

  private final Limits limits;
  private final ExpiryBudget budget;
  private final long seed;
  private ChangeRecorder changes = ChangeRecorder.NOBODY;
  private volatile Contents contents;

  /// An empty store with [Limits#DEFAULT].
  public KvStore() {
    this(Limits.DEFAULT);
  }

  /// An empty store.
  ///
  /// @param limits bound the answers of [#getMany] and [#scan]
  public KvStore(Limits limits) {
    this(limits, ExpiryBudget.DEFAULT);
  }

  /// An empty store.
  ///
  /// @param limits bound the answers of [#getMany] and [#scan]
  /// @param budget the same on all nodes
  public KvStore(Limits limits, ExpiryBudget budget) {
    // Which keys collide in the hash index is different in every process, so nobody can choose
    // them.
    this(limits, budget, System.nanoTime() * 0x9e3779b97f4a7c15L ^ System.identityHashCode(limits));
  }

  KvStore(Limits limits, long seed) {
    this(limits, ExpiryBudget.DEFAULT, seed);
  }

  private KvStore(Limits limits, ExpiryBudget budget, long seed) {
    this.limits = limits;
    this.budget = budget;
    this.seed = seed;
    contents = new Contents(seed, budget);
  }

  /// It lives in memory.
  @Override
  public boolean neverWaits() {
    return true;
  }

  @Override
  public void apply(Batch batch) {
    contents.apply(batch);
  }

  @Override
  public long nextDeadline() {
    return contents.published().nextDeadline();
  }

  @Override
  public Optional<View> view() {
    return Optional.of(contents.view());
  }

  @Override
  public void restore(InputStream snapshot, long index, long time) throws IOException {
    long applied = revision();
    if (index < applied) {
      throw new IOException(
          "a snapshot of revision "
              + index
              + " would take back what was applied up to "
              + applied
              + ": give it to an empty store");
    }
    Contents fresh = new Contents(seed, budget);
    fresh.load(new StateInput(snapshot, index, time), index, time);
    fresh.tell(changes);
    contents = fresh;
    changes.replaced(index);
  }

  @Override
  public void tell(ChangeRecorder recorder) {
    changes = recorder;
    contents.tell(recorder);
  }

  @Override
  public Limits limits() {
    return limits;
  }

  @Override
  public long revision() {
    return contents.published().revision();
  }

  @Override
  public Footprint footprint() {
    Published now = contents.published();
    return new Footprint(now.count(), now.liveBytes(), now.heldBytes(), now.indexBytes());
  }

  @Override
  public @Nullable KeyValue find(Bytes key) {
    return contents.read(key, Layout::keyValue);
  }

  @Override
  public byte @Nullable [] value(Bytes key) {
    return contents.read(key, (wanted, slab, at) -> Layout.value(slab, at));
  }

  @Override
  public Values getMany(List<Bytes> keys) {
    return contents.getMany(keys, limits);
  }

  @Override
  public Page scan(Scan scan) {
    return contents.scan(new PageBuilder(scan, limits));
  }

  @Override
  public long stateHash() {
    return contents.stateHash();
  }
}
