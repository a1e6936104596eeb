package dengine.kv.watch;

import dengine.api.WatchEvent;
import dengine.api.spi.BufferedWatch;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;

/// One watch, as the dispatcher sees it. Its fields are the dispatcher's own but for
/// `blocked` and `gone`.
final class Watcher implements BufferedWatch.Source {

  /// Whom it tells what its application does. Any thread.
  interface Owner {

    void hasRoom();

    void closed(Watcher watcher);

    /// It has ended, from either side. Once.
    void ended(Watcher watcher);
  }

  final Watched what;
  final boolean withPrevious;

  /// First revision whose changes it is told.
  final long from;

  final BufferedWatch watch;

  /// The next change to look at, as long as it is behind the dispatcher.
  long position;

  /// Up to here everything was told.
  long told;

  /// Whether it waits for room. Set before an event is put in and taken back when it was taken, so
  /// that room that comes in between is not overlooked.
  volatile boolean blocked;

  private final AtomicBoolean gone = new AtomicBoolean();
  private final Owner owner;

  Watcher(
      Watched what,
      boolean withPrevious,
      long from,
      long position,
      int bufferSize,
      long bufferBytes,
      Executor carrier,
      Owner owner) {
    this.what = what;
    this.withPrevious = withPrevious;
    this.from = from;
    this.position = position;
    this.told = from - 1;
    this.owner = owner;
    this.watch = new BufferedWatch(from - 1, bufferSize, bufferBytes, carrier, this);
  }

  /// Ends it from this side. Any thread.
  void end(WatchEvent.Canceled last) {
    watch.cancel(last);
    release();
  }

  private void release() {
    if (gone.compareAndSet(false, true)) {
      owner.ended(this);
    }
  }

  boolean hasEnded() {
    return gone.get();
  }

  @Override
  public void hasRoom() {
    blocked = false;
    owner.hasRoom();
  }

  @Override
  public void closed() {
    release();
    owner.closed(this);
  }
}
