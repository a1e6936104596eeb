package dengine.api.spi;

import dengine.api.WatchEvent;
import java.util.concurrent.Executor;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/// Tells a subscriber what is in a buffer, on one task at a time and as much as he asked for.
final class Delivery implements Flow.Subscription, Runnable {

  private static final System.Logger LOG = System.getLogger(Delivery.class.getName());

  private final Flow.Subscriber<? super WatchEvent> subscriber;
  private final EventBuffer buffer;
  private final BufferedWatch watch;
  private final Executor carrier;

  /// Why the task runs, so often; 0 when it does not.
  private final AtomicInteger reasons = new AtomicInteger();

  private final AtomicLong demand = new AtomicLong();
  private volatile @Nullable Throwable misuse;
  private volatile boolean cancelled;

  // The task's own.
  private boolean begun;
  private boolean finished;

  Delivery(
      Flow.Subscriber<? super WatchEvent> subscriber,
      EventBuffer buffer,
      BufferedWatch watch,
      Executor carrier) {
    this.subscriber = subscriber;
    this.buffer = buffer;
    this.watch = watch;
    this.carrier = carrier;
  }

  @Override
  public void request(long count) {
    if (count <= 0) {
      misuse = new IllegalArgumentException("request(" + count + "), permitted: > 0");
    } else {
      demand.accumulateAndGet(count, (has, more) -> has + more < 0 ? Long.MAX_VALUE : has + more);
    }
    wake();
  }

  @Override
  public void cancel() {
    cancelled = true;
    watch.close();
  }

  /// There may be something to tell. Any thread.
  void wake() {
    if (reasons.getAndIncrement() == 0) {
      carrier.execute(this);
    }
  }

  @Override
  public void run() {
    int seen;
    do {
      seen = reasons.get();
      try {
        tellAll();
      } catch (RuntimeException | Error thrown) {
        finished = true;
        LOG.log(System.Logger.Level.ERROR, "event=watch-listener-failed", thrown);
        watch.close();
      }
    } while (!reasons.compareAndSet(seen, 0));
  }

  private void tellAll() {
    if (!begun) {
      begun = true;
      subscriber.onSubscribe(this);
    }
    while (!finished && tellOne()) {
      // Goes on as long as there is something to tell.
    }
  }

  private boolean tellOne() {
    Throwable wrong = misuse;
    if (wrong != null) {
      finished = true;
      watch.close();
      subscriber.onError(wrong);
      return false;
    }
    if (demand.get() == 0) {
      finishIf(buffer.isOver());
      return false;
    }
    EventBuffer.Taken taken = buffer.take();
    WatchEvent event = taken.event();
    if (event != null) {
      demand.updateAndGet(left -> left == Long.MAX_VALUE ? left : left - 1);
      subscriber.onNext(event);
    }
    watch.tookOut(taken);
    finishIf(taken.over());
    return event != null;
  }

  private void finishIf(boolean over) {
    if (over) {
      finished = true;
      if (!cancelled) {
        subscriber.onComplete();
      }
    }
  }
}
