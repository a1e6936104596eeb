package dengine.testkit.simulation;

import dengine.api.Bytes;
import dengine.api.KeyValue;
import dengine.api.Page;
import dengine.api.Scan;
import dengine.api.Values;
import dengine.kv.ExpiryBudget;
import dengine.kv.Footprint;
import dengine.kv.KeyValueStore;
import dengine.kv.KvStore;
import dengine.kv.Limits;
import dengine.kv.watch.ChangeRecorder;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/// A store that gets times wrong, and tells those who watch something else than what changed.
/// Unless a mistake is planted it does neither, and only lets a witness hear what changes.
final class SabotagedStore implements KeyValueStore {

  private static final long HOUR = 3_600_000;

  /// Where a state's cluster time is in what the store writes of it, and what comes before.
  private static final int TIME_AT = 16;

  private final KvStore honest;
  private final PlantedBug bug;
  private final Marks marks;
  private final NodeProcess process;
  private final UnaryOperator<ChangeRecorder> witness;

  /// The latest time that the store was told.
  private long latest;

  /// What the last entry said.
  private long told;

  private long appliedAt;

  /// In which term it led when it last applied something; 0 if it did not.
  private long led;

  /// @param witness hears what changes before anything is made of it
  SabotagedStore(World world, NodeProcess process, UnaryOperator<ChangeRecorder> witness) {
    this.bug = world.plan().bug();
    this.marks = world.marks();
    this.honest = new KvStore(Limits.DEFAULT, budget(world));
    this.process = process;
    this.witness = witness;
  }

  private static ExpiryBudget budget(World world) {
    ExpiryBudget right = world.knobs().expiryBudget();
    return world.plan().bug() == PlantedBug.EXPIRY_BUDGETS_DIFFER
        ? new ExpiryBudget(1 + world.random().nextInt(2), right.perMilli(), right.most())
        : right;
  }

  @Override
  public void apply(Batch batch) {
    int last = batch.size() - 1;
    told = batch.time(last);
    switch (bug) {
      case EXPIRES_BY_ITS_OWN_CLOCK, EXPIRES_TWICE_AS_FAST, TIME_RESTARTS_AT_THE_WALL_CLOCK ->
          honest.apply(new Mistimed(batch));
      case EXPIRES_AFTER_IT_WAS_DEPOSED -> {
        if (led != 0 && batch.term(0) > led) {
          honest.apply(new Alone(batch, honest.revision(), latest + sinceThen()));
        }
        honest.apply(batch);
        latest = told;
        appliedAt = process.nanoTime();
        led = process.sabotage().leads() ? batch.term(last) : 0;
      }
      default -> {
        honest.apply(batch);
        latest = told;
      }
    }
    if (honest.nextDeadline() <= latest) {
      marks.hit("more keys due than go with one entry");
    }
  }

  private long sinceThen() {
    return (process.nanoTime() - appliedAt) / Knobs.MILLI;
  }

  @Override
  public long nextDeadline() {
    long next = honest.nextDeadline();
    // As far away as the store believes it to be.
    return bug == PlantedBug.NOBODY_LETS_TIME_PASS || next == Long.MAX_VALUE
        ? Long.MAX_VALUE
        : next - latest + told;
  }

  @Override
  public Optional<View> view() {
    return honest.view();
  }

  @Override
  public void restore(InputStream snapshot, long index, long time) throws IOException {
    byte[] header = snapshot.readNBytes(TIME_AT + Long.BYTES);
    // As far as the store knows, which may not be what the entry says.
    latest = ByteBuffer.wrap(header).getLong(TIME_AT);
    told = time;
    led = 0;
    InputStream whole = new SequenceInputStream(new ByteArrayInputStream(header), snapshot);
    honest.restore(whole, index, latest);
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
  private final class Mistimed extends Around {

    Mistimed(Batch batch) {
      super(batch);
    }

    @Override
    public long time(int i) {
      long time =
          switch (bug) {
            case EXPIRES_BY_ITS_OWN_CLOCK -> process.wallMillis();
            case EXPIRES_TWICE_AS_FAST -> 2 * super.time(i);
            // All agree on what a leader's clock shows, for its entries say so.
            default -> super.time(i) + new SplittableRandom(term(i)).nextLong(-HOUR, HOUR);
          };
      latest = Math.max(latest, time);
      return latest;
    }
  }

  /// An entry that nobody has agreed on.
  private static final class Alone extends Around {
    private final long index;
    private final long time;

    Alone(Batch next, long index, long time) {
      super(next);
      this.index = index;
      this.time = time;
    }

    @Override
    public int size() {
      return 1;
    }

    @Override
    public long index(int i) {
      return index;
    }

    @Override
    public long time(int i) {
      return time;
    }

    @Override
    public boolean isCommand(int i) {
      return false;
    }
  }

  private abstract static class Around implements Batch {
    private final Batch batch;

    Around(Batch batch) {
      this.batch = batch;
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
    public long time(int i) {
      return batch.time(i);
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
