package dengine.testkit.simulation;

import dengine.api.Bytes;
import dengine.api.KeyValue;
import dengine.api.Page;
import dengine.api.Scan;
import dengine.api.Values;
import dengine.engine.spi.Clock;
import dengine.kv.Footprint;
import dengine.kv.KeyValueStore;
import dengine.kv.KvStore;
import dengine.kv.Limits;
import dengine.kv.watch.ChangeRecorder;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/// A store that gets times wrong, and tells those who watch something else than what changed.
/// Unless a mistake is planted it does neither, and only lets a witness hear what changes.
final class SabotagedStore implements KeyValueStore {

  private final KvStore honest = new KvStore();
  private final PlantedBug bug;
  private final Clock clock;
  private final UnaryOperator<ChangeRecorder> witness;
  private long latest;

  /// @param witness hears what changes before anything is made of it
  SabotagedStore(PlantedBug bug, Clock clock, UnaryOperator<ChangeRecorder> witness) {
    this.bug = bug;
    this.witness = witness;
    this.clock = clock;
  }

  @Override
  public void apply(Batch batch) {
    honest.apply(
        bug == PlantedBug.EXPIRES_BY_ITS_OWN_CLOCK || bug == PlantedBug.EXPIRES_TWICE_AS_FAST
            ? new Mistimed(batch)
            : batch);
  }

  @Override
  public long nextDeadline() {
    return bug == PlantedBug.NOBODY_LETS_TIME_PASS ? Long.MAX_VALUE : honest.nextDeadline();
  }

  @Override
  public Optional<View> view() {
    return honest.view();
  }

  @Override
  public void restore(InputStream snapshot, long index, long time) throws IOException {
    honest.restore(snapshot, index, time);
  }

  @Override
  public boolean neverWaits() {
    return honest.neverWaits();
  }

  @Override
  public void tell(ChangeRecorder recorder) {
    honest.tell(witness.apply(new SabotagedRecorder(bug, recorder)));
  }

  @Override
  public Limits limits() {
    return honest.limits();
  }

  @Override
  public long revision() {
    return honest.revision();
  }

  @Override
  public Footprint footprint() {
    return honest.footprint();
  }

  @Override
  public @Nullable KeyValue find(Bytes key) {
    return honest.find(key);
  }

  @Override
  public byte @Nullable [] value(Bytes key) {
    return honest.value(key);
  }

  @Override
  public Values getMany(List<Bytes> keys) {
    return honest.getMany(keys);
  }

  @Override
  public Page scan(Scan scan) {
    return honest.scan(scan);
  }

  @Override
  public long stateHash() {
    return honest.stateHash();
  }

  /// Entries with other times than they have.
  private final class Mistimed implements Batch {
    private final Batch batch;

    Mistimed(Batch batch) {
      this.batch = batch;
    }

    @Override
    public long time(int i) {
      long time =
          bug == PlantedBug.EXPIRES_BY_ITS_OWN_CLOCK ? clock.wallMillis() : 2 * batch.time(i);
      latest = Math.max(latest, time);
      return latest;
    }

    @Override
    public int size() {
      return batch.size();
    }

    @Override
    public long index(int i) {
      return batch.index(i);
    }

    @Override
    public long term(int i) {
      return batch.term(i);
    }

    @Override
    public boolean isCommand(int i) {
      return batch.isCommand(i);
    }

    @Override
    public byte[] command(int i) {
      return batch.command(i);
    }

    @Override
    public void complete(int i, Object result) {
      batch.complete(i, result);
    }
  }
}
