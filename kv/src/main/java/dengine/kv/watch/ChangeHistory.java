package dengine.kv.watch;

import dengine.api.Bytes;
import dengine.api.CompactedException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/// The latest changes of a store, bounded by their number and bytes: the queue to those who watch
/// as well as what they may start from.
///
/// Written by whoever applies, who never waits for those who read; read by anybody. A place in the
/// ring is read without a lock: each change says which one it is, so a reader who comes too late
/// finds another and knows.
final class ChangeHistory implements ChangeRecorder {

  /// Up to where everybody may read.
  ///
  /// @param sequence of the last change
  /// @param revision up to which all changes are there
  /// @param oldest sequence of the oldest change that may be started from
  /// @param floor revision up to which history is gone
  /// @param previousSince first revision from which on all changes know what was before
  /// @param bytes that the changes hold, roughly
  /// @param expiries changes so far that removed a key whose time had come
  record Head(
      long sequence,
      long revision,
      long oldest,
      long floor,
      long previousSince,
      long bytes,
      long expiries) {}

  private final AtomicReferenceArray<@Nullable Change> ring;
  private final LostChanges lost;
  private final long maxBytes;

  // Of whoever applies.
  private long sequence;
  private long oldest = 1;
  private long floor;
  private long bytes;
  private long expiries;
  private boolean capturing;

  /// Up to this change they go on to know what was before, though nobody wants it any more.
  private long capturedUntil;

  private long previousSince = Long.MAX_VALUE;

  private volatile Head head;
  private volatile boolean inBatch;
  private volatile long read;
  private volatile @Nullable Runnable follower;
  private final AtomicInteger previousWanted = new AtomicInteger();
  private final ConcurrentLinkedQueue<Runnable> betweenBatches = new ConcurrentLinkedQueue<>();

  /// @param capacity most changes
  /// @param maxBytes most bytes that they hold, if there is more than one
  /// @param revision of the store: history begins after it
  ChangeHistory(int capacity, long maxBytes, long revision) {
    this.ring = new AtomicReferenceArray<>(capacity);
    this.lost = new LostChanges(capacity);
    this.maxBytes = maxBytes;
    this.floor = revision;
    this.head = new Head(0, revision, 1, revision, Long.MAX_VALUE, 0, 0);
  }

  @Override
  public void begin(long revision) {
    // In this order: who wants previous values says so first, and then looks whether a batch is
    // under way, which may not have heard of it.
    inBatch = true;
    boolean wanted = previousWanted.get() > 0;
    if (wanted) {
      capturedUntil = sequence + ring.length();
    } else if (capturing && sequence < capturedUntil) {
      wanted = true; // whoever was too slow may want to go on
    }
    if (wanted != capturing) {
      capturing = wanted;
      previousSince = wanted ? revision : Long.MAX_VALUE;
    }
  }

  @Override
  public boolean wantsPrevious() {
    return capturing;
  }

  @Override
  public void put(
      long revision,
      byte[] key,
      int keyAt,
      int keyLength,
      byte[] value,
      int valueAt,
      int valueLength,
      @Nullable Bytes previous) {
    add(
        new Change(
            ++sequence,
            revision,
            Change.Kind.PUT,
            key,
            keyAt,
            keyLength,
            value,
            valueAt,
            valueLength,
            previous));
  }

  @Override
  public void delete(
      long revision,
      byte[] key,
      int keyAt,
      int keyLength,
      @Nullable Bytes previous,
      boolean expired) {
    expiries += expired ? 1 : 0;
    Change.Kind kind = expired ? Change.Kind.EXPIRY : Change.Kind.DELETE;
    add(new Change(++sequence, revision, kind, key, keyAt, keyLength, null, 0, 0, previous));
  }

  private void add(Change change) {
    if (change.sequence() - oldest == ring.length()) {
      drop();
    }
    ring.setRelease(place(change.sequence()), change);
    bytes += change.bytes();
    while (bytes > maxBytes && oldest < change.sequence()) {
      int place = place(oldest);
      drop();
      ring.setRelease(place, null);
    }
  }

  private void drop() {
    Change gone = ring.getPlain(place(oldest));
    if (gone == null || gone.sequence() != oldest) {
      throw new IllegalStateException("change " + oldest + " is not where it was put");
    }
    long told = read;
    if (told < oldest) {
      if (follower == null) {
        lost.addUnknown(oldest);
      } else {
        lost.add(gone, told);
      }
    }
    bytes -= gone.bytes();
    floor = gone.revision();
    oldest++;
  }

  @Override
  public void published(long revision) {
    head = new Head(sequence, revision, oldest, floor, previousSince, bytes, expiries);
    inBatch = false;
    runBetweenBatches();
    Runnable following = follower;
    if (following != null) {
      following.run();
    }
  }

  /// What came before stays in the ring for those who have not read it yet, but nobody may start
  /// there.
  @Override
  public void replaced(long revision) {
    Change replacement = Change.replacement(++sequence, revision);
    ring.setRelease(place(sequence), replacement);
    oldest = sequence;
    floor = revision;
    bytes = replacement.bytes();
    capturing = false;
    previousSince = Long.MAX_VALUE;
    published(revision);
  }

  /// Up to where changes may be read.
  Head head() {
    return head;
  }

  /// The change of this number; null if the ring went on over it.
  @Nullable Change at(long number) {
    Change change = ring.getAcquire(place(number));
    return change != null && change.sequence() == number ? change : null;
  }

  /// Whether changes from this one on that the ring went on over may have concerned those who watch
  /// this.
  boolean mayHaveLost(Watched what, long from) {
    return lost.mayConcern(what, from);
  }

  /// The number of the first change with this revision or a later one, whether it is there yet or
  /// not.
  ///
  /// @throws CompactedException if it may be gone, or does not know what was before though that is
  ///     asked for
  long find(long revision, boolean previous) {
    Head now = head;
    long first = now.floor + 1;
    long least = previous ? Math.max(first, Math.min(now.previousSince, now.revision + 1)) : first;
    if (revision < least) {
      throw revision < first
          ? new CompactedException(revision, least)
          : CompactedException.withoutPreviousValues(revision, least);
    }
    long from = now.oldest;
    long to = now.sequence + 1;
    while (from < to) {
      long middle = (from + to) >>> 1;
      Change change = at(middle);
      if (change == null) {
        // A batch that is under way went on over it.
        throw new CompactedException(revision, Math.max(revision, now.floor) + 1);
      }
      if (change.revision() < revision) {
        from = middle + 1;
      } else {
        to = middle;
      }
    }
    return from;
  }

  /// The oldest revision that somebody may start from.
  long oldestRevision() {
    return head.floor + 1;
  }

  /// Everything up to this change was told to those who are not behind by themselves, or they were
  /// ended.
  void read(long upTo) {
    read = upTo;
  }

  /// Runs something after each batch, on the thread that applied; null for nothing.
  void follow(@Nullable Runnable whenPublished) {
    follower = whenPublished;
  }

  /// From the next batch on, changes are to know what was before.
  void wantPrevious() {
    previousWanted.incrementAndGet();
  }

  /// Takes back one [#wantPrevious]. Changes know it for one more history, so that a watch that was
  /// too slow can begin again where it ended.
  void wantPreviousNoMore() {
    previousWanted.decrementAndGet();
  }

  /// Runs something between two batches, or beside one that began after this call: now, or at the
  /// end of the batch that is under way, on the thread that applies it.
  void betweenBatches(Runnable task) {
    betweenBatches.add(task);
    // Only this one: a batch may have begun that did not hear of others.
    if (!inBatch && betweenBatches.remove(task)) {
      task.run();
    }
  }

  private void runBetweenBatches() {
    for (Runnable task = betweenBatches.poll(); task != null; task = betweenBatches.poll()) {
      task.run();
    }
  }

  /// Runs what still waits for a batch to end, though it may never.
  void close() {
    runBetweenBatches();
  }

  private int place(long number) {
    return (int) (number % ring.length());
  }
}
