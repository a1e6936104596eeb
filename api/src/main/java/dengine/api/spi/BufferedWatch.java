package dengine.api.spi;

import dengine.api.ClosedException;
import dengine.api.ClusterUnavailableException;
import dengine.api.Watch;
import dengine.api.WatchEvent;
import java.time.Duration;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// A watch whose events wait in a bounded buffer: a source puts them in, an application takes them
/// out.
public final class BufferedWatch implements Watch {

  /// Where the events come from.
  public interface Source {

    /// There is room again, after an event was refused. On the thread that took some out.
    void hasRoom();

    /// The application has closed the watch before its last event was put in. Once.
    void closed();
  }

  private final long revision;
  private final EventBuffer buffer;
  private final Executor carrier;
  private final Source source;
  private final AtomicReference<@Nullable Delivery> delivery = new AtomicReference<>();
  private volatile boolean pulled;

  /// @param revision see [Watch#revision]
  /// @param capacity most events that wait, at least 1
  /// @param maxBytes most bytes of them, if there is more than one
  /// @param carrier where listeners and subscribers are told
  public BufferedWatch(
      long revision, int capacity, long maxBytes, Executor carrier, Source source) {
    this.revision = revision;
    this.buffer = new EventBuffer(capacity, maxBytes);
    this.carrier = carrier;
    this.source = source;
  }

  /// Puts an event in; on one thread at a time. Progress is left out where there is no room for it,
  /// and replaces progress that nobody has taken.
  ///
  /// @return false if there is no room for it; then [Source#hasRoom] is called when there is
  public boolean offer(WatchEvent event) {
    boolean taken = buffer.offer(event);
    wake();
    return taken;
  }

  /// Puts the last event in, for which there is always room. Any thread; does nothing if the watch
  /// has ended already.
  public void cancel(WatchEvent.Canceled last) {
    buffer.end(last);
    wake();
  }

  private void wake() {
    Delivery told = delivery.get();
    if (told != null) {
      told.wake();
    }
  }

  @Override
  public long revision() {
    return revision;
  }

  @Override
  public WatchEvent next() {
    WatchEvent event = pull(Long.MAX_VALUE);
    if (event == null) {
      throw new ClosedException("the watch");
    }
    return event;
  }

  @Override
  public Optional<WatchEvent> poll(Duration timeout) {
    boolean finite = timeout.compareTo(Duration.ofNanos(Long.MAX_VALUE)) < 0;
    WatchEvent event = pull(finite ? timeout.toNanos() : Long.MAX_VALUE);
    if (event == null && buffer.isOver()) {
      throw new ClosedException("the watch");
    }
    return Optional.ofNullable(event);
  }

  private @Nullable WatchEvent pull(long nanos) {
    pulled = true;
    if (delivery.get() != null) {
      throw takenAlready();
    }
    try {
      EventBuffer.Taken taken = buffer.take(nanos);
      tookOut(taken);
      return taken.event();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ClusterUnavailableException("interrupted while waiting for an event", e);
    }
  }

  void tookOut(EventBuffer.Taken taken) {
    if (taken.room()) {
      source.hasRoom();
    }
  }

  @Override
  public Iterator<WatchEvent> iterator() {
    return new Iterator<>() {
      private @Nullable WatchEvent ahead;

      @Override
      public boolean hasNext() {
        if (ahead == null) {
          ahead = pull(Long.MAX_VALUE);
        }
        return ahead != null;
      }

      @Override
      public WatchEvent next() {
        WatchEvent event = hasNext() ? ahead : null;
        if (event == null) {
          throw new NoSuchElementException("the watch is closed");
        }
        ahead = null;
        return event;
      }
    };
  }

  @Override
  public void listen(Consumer<? super WatchEvent> listener) {
    if (!attach(new Listener(listener))) {
      throw takenAlready();
    }
  }

  @Override
  public Flow.Publisher<WatchEvent> publisher() {
    return subscriber -> {
      if (!attach(subscriber)) {
        subscriber.onSubscribe(new NoEvents());
        subscriber.onError(takenAlready());
      }
    };
  }

  private boolean attach(Flow.Subscriber<? super WatchEvent> subscriber) {
    Delivery begun = new Delivery(subscriber, buffer, this, carrier);
    if (pulled || !delivery.compareAndSet(null, begun)) {
      return false;
    }
    begun.wake();
    return true;
  }

  private static IllegalStateException takenAlready() {
    return new IllegalStateException("events of this watch are taken in another way already");
  }

  @Override
  public void close() {
    if (buffer.close()) {
      source.closed();
    }
    wake();
  }

  /// Takes everything.
  private record Listener(Consumer<? super WatchEvent> listener)
      implements Flow.Subscriber<WatchEvent> {

    @Override
    public void onSubscribe(Flow.Subscription subscription) {
      subscription.request(Long.MAX_VALUE);
    }

    @Override
    public void onNext(WatchEvent event) {
      listener.accept(event);
    }

    @Override
    public void onError(Throwable misuse) {
      throw new IllegalStateException(misuse);
    }

    @Override
    public void onComplete() {}
  }

  /// What a second subscriber gets before he is told that he is one.
  private record NoEvents() implements Flow.Subscription {

    @Override
    public void request(long count) {}

    @Override
    public void cancel() {}
  }
}
