package dengine.examples.storage;

import dengine.engine.spi.DirectoryLock;
import dengine.engine.spi.LogStore;
import dengine.engine.spi.MetaStore;
import dengine.engine.spi.SnapshotStore;
import dengine.engine.spi.StorageEngine;
import dengine.engine.spi.StorageException;
import dengine.raft.Effect.Persist;
import dengine.raft.Entry;
import dengine.raft.HardState;
import dengine.raft.Membership;
import dengine.raft.Position;
import dengine.raft.RecoveredLog;
import dengine.raft.RecoveredLog.TermRun;
import dengine.raft.SnapshotPoint;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;

/// A storage engine in three files' worth of code: everything but snapshots is in one [Journal],
/// and in memory as well. It keeps every promise of the contract; what it is not is fast or
/// sparing: the log since the last snapshot must fit into memory, and compaction rewrites it.
public final class JournalStorage implements StorageEngine, LogStore, MetaStore {

  private static final byte ESTABLISHED = 1;
  private static final byte FOUNDED = 2;
  private static final byte CHANGED = 3;

  private final Identity expected;
  private final DirectoryLock lock;
  private final Journal journal;
  private final FolderSnapshots snapshots;
  private final Recovered recovered;

  /// Entries by index; the log's thread changes it while another one reads.
  private final ConcurrentSkipListMap<Long, Entry> entries = new ConcurrentSkipListMap<>();

  private HardState hardState = HardState.INITIAL;
  private volatile Position base = Position.ORIGIN;
  private long baseTime;
  private Optional<Identity> identity = Optional.empty();
  private long incarnation;
  private Optional<Membership> founders = Optional.empty();

  /// Opens a directory, made if there is none.
  ///
  /// @param expected whose data it must be
  /// @throws StorageException when it is in use, somebody else's, or damaged
  public JournalStorage(Path directory, Identity expected) {
    this.expected = expected;
    try {
      Files.createDirectories(directory);
      lock =
          DirectoryLock.tryLock(directory.resolve("LOCK"))
              .orElseThrow(() -> new StorageException.Locked(directory));
      try {
        journal = new Journal(directory.resolve("journal"), this::replay);
        if (identity.isPresent() && !identity.get().equals(expected)) {
          throw new StorageException.ForeignIdentity(directory, identity.get(), expected);
        }
        snapshots = new FolderSnapshots(directory);
        Journal.syncDirectory(directory.resolve("journal"));
      } catch (IOException | RuntimeException e) {
        lock.close();
        throw e;
      }
    } catch (IOException e) {
      throw new StorageException.IoFailure("open", directory, e);
    }
    recovered = found();
  }

  private void replay(DataInputStream in) throws IOException {
    switch (in.readByte()) {
      case ESTABLISHED -> {
        identity = Optional.of(new Identity(in.readLong(), in.readInt()));
        incarnation = in.readLong();
      }
      case FOUNDED -> founders = Optional.of(Membership.decode(Records.bytes(in)));
      case CHANGED -> remember(Records.change(in));
      default -> throw new IOException("a record of an unknown kind");
    }
  }

  private void remember(Persist change) {
    change.hardState().ifPresent(next -> hardState = next);
    change.reset().ifPresent(this::begin);
    if (change.truncateFrom() > 0) {
      entries.tailMap(change.truncateFrom(), true).clear();
    }
    change.entries().forEach(entry -> entries.put(entry.index(), entry));
  }

  private void begin(SnapshotPoint point) {
    base = point.position();
    baseTime = point.time();
    entries.clear();
  }

  private Recovered found() {
    List<TermRun> runs = new ArrayList<>();
    List<Entry> memberships = new ArrayList<>();
    for (Entry entry : entries.values()) {
      if (runs.isEmpty() || runs.getLast().term() != entry.term()) {
        runs.add(new TermRun(entry.index(), entry.term()));
      }
      if (entry.kind() == Entry.Kind.MEMBERSHIP) {
        memberships.add(entry);
      }
    }
    long time = entries.isEmpty() ? baseTime : entries.lastEntry().getValue().time();
    return new Recovered(hardState, new RecoveredLog(base, runs, last(), time), memberships);
  }

  private long last() {
    return entries.isEmpty() ? base.index() : entries.lastKey();
  }

  @Override
  public Recovered recovered() {
    return recovered;
  }

  @Override
  public void append(List<Persist> changes) {
    for (Persist change : changes) {
      journal.append(
          out -> {
            out.writeByte(CHANGED);
            Records.write(out, change);
          });
      remember(change);
    }
  }

  @Override
  public void force() {
    journal.force();
  }

  @Override
  public List<Entry> read(long from, long upTo, long maxBytes) {
    if (from <= base.index() || from > upTo || upTo > last()) {
      throw new StorageException.OutOfRange(from, upTo, base.index() + 1, last());
    }
    List<Entry> read = new ArrayList<>();
    long bytes = 0;
    for (Entry entry : entries.subMap(from, true, upTo, true).values()) {
      bytes += entry.size();
      if (bytes > maxBytes && !read.isEmpty()) {
        break;
      }
      read.add(entry);
    }
    return read;
  }

  /// A log that begins later, as one change: the position it begins after, and what is behind.
  @Override
  public void compact(Position upTo) {
    if (upTo.index() <= base.index()) {
      return;
    }
    Entry last = entries.get(upTo.index());
    if (last == null) {
      throw new StorageException.OutOfRange(upTo.index(), upTo.index(), base.index() + 1, last());
    }
    SnapshotPoint point = new SnapshotPoint(upTo, last.time(), Membership.NONE, 0);
    List<Entry> kept = List.copyOf(entries.tailMap(upTo.index(), false).values());
    Persist whole = new Persist(0, Optional.of(hardState), 0, kept, Optional.of(point));
    List<Journal.Content> contents = new ArrayList<>();
    identity.ifPresent(it -> contents.add(established(it)));
    founders.ifPresent(it -> contents.add(founded(it)));
    contents.add(
        out -> {
          out.writeByte(CHANGED);
          Records.write(out, whole);
        });
    journal.replace(contents);
    base = upTo;
    baseTime = last.time();
    entries.headMap(upTo.index(), true).clear();
  }

  @Override
  public Optional<Identity> identity() {
    return identity;
  }

  @Override
  public long incarnation() {
    return incarnation;
  }

  @Override
  public Optional<Membership> founders() {
    return founders;
  }

  @Override
  public void establish(Identity wanted, long number) {
    if (identity.isPresent() || !wanted.equals(expected)) {
      throw new StorageException.ForeignIdentity(Path.of("journal"), expected, wanted);
    }
    incarnation = number;
    journal.append(established(wanted));
    journal.force();
    identity = Optional.of(wanted);
  }

  private Journal.Content established(Identity whose) {
    return out -> {
      out.writeByte(ESTABLISHED);
      out.writeLong(whose.clusterId());
      out.writeInt(whose.nodeId());
      out.writeLong(incarnation);
    };
  }

  @Override
  public void found(Membership members) {
    journal.append(founded(members));
    journal.force();
    founders = Optional.of(members);
  }

  private static Journal.Content founded(Membership members) {
    return out -> {
      out.writeByte(FOUNDED);
      Records.bytes(out, members.encode());
    };
  }

  @Override
  public LogStore log() {
    return this;
  }

  @Override
  public SnapshotStore snapshots() {
    return snapshots;
  }

  @Override
  public MetaStore meta() {
    return this;
  }

  @Override
  public void close() {
    try (lock;
        journal) {
      // Both are closed, whatever happens.
    } catch (IOException e) {
      throw new StorageException.IoFailure("close", Path.of("journal"), e);
    }
  }
}
