package dengine.rocksdb;

import dengine.api.Bytes;
import dengine.api.KeyValue;
import dengine.api.Page;
import dengine.api.Scan;
import dengine.api.Values;
import dengine.engine.spi.MetaStore;
import dengine.engine.spi.StorageException;
import dengine.kv.ExpiryBudget;
import dengine.kv.Footprint;
import dengine.kv.KeyValueStore;
import dengine.kv.Limits;
import dengine.kv.PageBuilder;
import dengine.kv.StateInput;
import dengine.kv.watch.ChangeRecorder;
import dengine.rocksdb.DeadlineIndex.Due;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// The key-value store on RocksDB, for more data than fits into memory. It does what the one in
/// memory does, from files, and takes and gives the same snapshots.
///
/// **Durability.** RocksDB's own log is off, for the engine's log has everything. A batch and the
/// index up to which it goes are one write; so after a crash the store is as it was after some
/// earlier batch, [#appliedIndex] says which, and the engine applies the log from there. What a
/// view wrote, and what [#restore] took in, is durable when the call returns: the log may be cut
/// off there.
///
/// **Reading.** After each batch a snapshot of RocksDB's is published; every read works at one, so
/// none sees part of a batch.
///
/// **Restoring** makes a new database beside the old one, which needs room for both on disk, and a
/// second cache and write buffers meanwhile; it counts once it is complete. After a crash at any
/// point the old one is there, or the new one.
///
/// **Belonging.** Each write also says for which node and data directory it was, and term and time
/// of its entry: a state that runs ahead of its log after a power cut, or got here from elsewhere,
/// is found by the engine, which discards it and builds it again.
///
/// A write that fails is final: every later one fails with the same cause, and what is on disk is
/// found out by the next start. A read that fails says so to its caller, as a [StorageException].
public final class RocksStore implements KeyValueStore {

  private final RocksOptions options;
  private final StateDirectory directory;

  /// Held; null when closed. Owned by the thread that writes.
  private @Nullable Database database;

  /// Held by the store; null when closed.
  private volatile @Nullable Moment published;

  private @Nullable RuntimeException failure;

  /// Who is written down with whatever is written next. Owned by the thread that writes.
  private Applied.Owner owner;

  private final ExpiryBudget budget;
  private volatile Due next;

  private ChangeRecorder changes = ChangeRecorder.NOBODY;

  private RocksStore(
      RocksOptions options, ExpiryBudget budget, StateDirectory directory, Database database) {
    this.options = options;
    this.budget = budget;
    this.directory = directory;
    this.database = database;
    byte[] stored = database.get(Applied.KEY);
    Applied applied = Applied.decode(stored, database.path);
    owner = applied.owner();
    published = new Moment(database, applied);
    next = Applied.isOutdated(stored) ? Due.NEVER : DeadlineIndex.first(database, Due.FIRST);
  }

  /// Opens the store in its directory, or makes an empty one there.
  ///
  /// @throws StorageException if the directory cannot be used; the message says why and what to do
  public static RocksStore open(RocksOptions options) {
    return open(options, ExpiryBudget.DEFAULT);
  }

  static RocksStore open(RocksOptions options, ExpiryBudget budget) {
    StateDirectory directory = StateDirectory.open(options.directory());
    Database database = null;
    try {
      Path current = directory.current();
      Path path = current == null ? directory.next() : current;
      database = Database.open(path, options);
      if (current == null) {
        directory.choose(path);
      }
      return new RocksStore(options, budget, directory, database);
    } catch (IOException e) {
      release(database, directory);
      throw Failures.of("opening", options.directory(), e);
    } catch (RuntimeException e) {
      release(database, directory);
      throw e;
    }
  }

  /// Index of the last entry of the last batch that survived.
  @Override
  public long appliedIndex() {
    return revision();
  }

  @Override
  public long appliedTerm() {
    return current().applied.term();
  }

  @Override
  public long appliedTime() {
    return current().applied.time();
  }

  @Override
  public boolean belongsTo(MetaStore.Identity node, long incarnation) {
    Applied applied = current().applied;
    owner = new Applied.Owner(node.clusterId(), node.nodeId(), incarnation);
    return applied.revision() == 0 || applied.owner().equals(owner);
  }

  /// Begins an empty database; the old one is deleted when nobody reads it any more.
  @Override
  public boolean discard() {
    writing(
        old -> {
          try {
            Path path = directory.next();
            change(old, open(path), Applied.NOTHING);
            return path;
          } catch (IOException e) {
            throw Failures.of("making an empty database", options.directory(), e);
          }
        });
    return true;
  }

  @Override
  public void apply(Batch batch) {
    writing(
        current -> {
          BatchWriter writer =
              new BatchWriter(current, owner, current().applied, next, budget, changes);
          publish(new Moment(current, writer.apply(batch)));
          next = writer.next();
          changes.published(revision());
          return batch;
        });
  }

  @Override
  public long nextDeadline() {
    return next.deadline();
  }

  @Override
  public Optional<View> view() {
    return Optional.of(new RocksView(hold()));
  }

  @Override
  public void restore(InputStream snapshot, long index, long time) throws IOException {
    restore(snapshot, index, 0, time);
  }

  @Override
  public void restore(InputStream snapshot, long index, long term, long time) throws IOException {
    refuseAfterFailure();
    long applied = revision();
    if (index < applied) {
      throw new IOException(
          "a snapshot of revision "
              + index
              + " would take back what was applied up to "
              + applied
              + ": give it to an empty store");
    }
    StateInput state = new StateInput(snapshot, index, time);
    Database fresh = open(directory.next());
    Applied loaded;
    try {
      loaded = new DatabaseLoader(fresh).load(state, new Applied(owner, index, term, time, 0, 0));
    } catch (IOException | RuntimeException | Error e) {
      fresh.giveUp();
      throw e;
    }
    writing(
        old -> {
          change(old, fresh, loaded);
          return loaded;
        });
  }

  @Override
  public void tell(ChangeRecorder recorder) {
    changes = recorder;
  }

  @Override
  public Limits limits() {
    return options.limits();
  }

  @Override
  public long revision() {
    return current().applied.revision();
  }

  @Override
  public Footprint footprint() {
    return reading(
        moment -> {
          Database files = moment.database;
          return new Footprint(
              moment.applied.keys(),
              moment.applied.liveBytes(),
              files.property("rocksdb.total-sst-files-size"),
              files.property("rocksdb.size-all-mem-tables")
                  + files.property("rocksdb.estimate-table-readers-mem")
                  + files.property("rocksdb.block-cache-usage"));
        });
  }

  @Override
  public @Nullable KeyValue find(Bytes key) {
    return get(key).orElse(null);
  }

  @Override
  public Optional<KeyValue> get(Bytes key) {
    return reading(moment -> moment.find(key));
  }

  @Override
  public byte @Nullable [] value(Bytes key) {
    byte[] stored = reading(moment -> Optional.ofNullable(moment.get(key))).orElse(null);
    return stored == null ? null : StoredRecord.content(stored);
  }

  @Override
  public Values getMany(List<Bytes> keys) {
    return reading(
        moment -> {
          List<Optional<KeyValue>> values = new ArrayList<>(keys.size());
          long bytes = 0;
          for (Bytes key : keys) {
            Optional<KeyValue> found = moment.find(key);
            values.add(found);
            if (found.isPresent()) {
              bytes += key.length() + found.get().value().length();
              limits().checkResponse(bytes, keys.size());
            }
          }
          return new Values(moment.applied.revision(), values);
        });
  }

  @Override
  public Page scan(Scan scan) {
    PageBuilder page = new PageBuilder(scan, limits());
    return reading(moment -> moment.scan(page));
  }

  @Override
  public long stateHash() {
    return reading(Moment::stateHash);
  }

  /// Makes everything durable, and lets go of the directory. Views and reads that are under way
  /// finish; none may begin.
  @Override
  public void close() {
    Database last = database;
    Moment moment = published;
    if (last == null || moment == null) {
      return;
    }
    database = null;
    published = null;
    try {
      if (failure == null) {
        last.flush();
      }
    } finally {
      moment.release();
      release(last, directory);
    }
  }

  @Override
  public String toString() {
    return "the store in " + options.directory();
  }

  private Database open(Path path) throws IOException {
    try {
      return Database.open(path, options);
    } catch (RuntimeException e) {
      StateDirectory.delete(path);
      throw e;
    }
  }

  /// Another database counts from here on.
  private void change(Database old, Database fresh, Applied applied) {
    try {
      directory.choose(fresh.path);
    } catch (IOException e) {
      // Which of the two a start would find is not known any more.
      fresh.release();
      throw Failures.of("switching to another database", fresh.path, e);
    }
    database = fresh;
    next = DeadlineIndex.first(fresh, Due.FIRST);
    publish(new Moment(fresh, applied));
    changes.replaced(applied.revision());
    old.giveUp();
  }

  private <T> T writing(Function<Database, T> change) {
    refuseAfterFailure();
    Database current = database;
    if (current == null) {
      throw closed();
    }
    try {
      return change.apply(current);
    } catch (RuntimeException e) {
      failure = e;
      throw e;
    }
  }

  private void refuseAfterFailure() {
    if (failure != null) {
      throw failure;
    }
  }

  private void publish(Moment next) {
    Moment before = published;
    published = next;
    if (before != null) {
      before.release();
    }
  }

  private <T> T reading(Function<Moment, T> read) {
    Moment moment = hold();
    try {
      return read.apply(moment);
    } finally {
      moment.release();
    }
  }

  private Moment hold() {
    for (; ; ) {
      Moment moment = current();
      if (moment.hold()) {
        return moment;
      }
    }
  }

  private Moment current() {
    Moment moment = published;
    if (moment == null) {
      throw closed();
    }
    return moment;
  }

  private IllegalStateException closed() {
    return new IllegalStateException(this + " is closed");
  }

  private static void release(@Nullable Database database, StateDirectory directory) {
    try {
      if (database != null) {
        database.release();
      }
    } finally {
      directory.close();
    }
  }
}
