package dengine.api;

import java.time.Duration;
import java.util.Iterator;
import java.util.Optional;
import java.util.concurrent.Flow;
import java.util.function.Consumer;

/// The changes of a key, or of all keys below a prefix, as they are committed and applied where the
/// watch is.
///
/// **Order.** Changes come in the order of the log, each exactly once, none is left out: when that
/// cannot be kept up, the last event is a [WatchEvent.Canceled] that says why. A write that changed
/// nothing, such as the removal of a key that does not exist, is no change.
///
/// **Watch first, then scan.** Every change after [#revision] is told, so what a scan shows at
/// revision *r* and the events after *r* are together everything:
///
/// ```java
/// Watch watch = client.watchPrefix("/services/");
/// Page now = client.scan(Scan.prefix("/services/"));
/// for (WatchEvent event : watch) {
///   if (event.revision() > now.revision()) { … }
/// }
/// ```
///
/// **Taking events.** In one of four ways: [#next] and [#poll], [#iterator], [#listen], or
/// [#publisher]; not two of them at a time. Events that are not taken wait in a bounded buffer.
///
/// Safe for any number of threads. To be closed; a watch whose last event was told is closed.
public interface Watch extends Iterable<WatchEvent>, AutoCloseable {

  /// Every change with a greater revision is told, and none with another.
  long revision();

  /// Waits for the next event.
  ///
  /// @throws ClosedException if there is none: the watch was closed, or its last event was taken
  /// @throws ClusterUnavailableException if the thread is interrupted; nothing is lost
  WatchEvent next();

  /// Takes the next event, or none if none comes in this time.
  ///
  /// @param timeout zero for not waiting at all
  /// @throws ClosedException if there is none: the watch was closed, or its last event was taken
  /// @throws ClusterUnavailableException if the thread is interrupted; nothing is lost
  Optional<WatchEvent> poll(Duration timeout);

  /// Goes through the events, waiting for each, to the last one or until the watch is closed.
  @Override
  Iterator<WatchEvent> iterator();

  /// Has events told to a listener, one at a time, the last one included. It runs on threads of the
  /// client, so it must not wait for long. One that throws is told no more: the watch is closed.
  ///
  /// @throws IllegalStateException if events are taken in another way already
  void listen(Consumer<? super WatchEvent> listener);

  /// The events for one subscriber, who gets as many as he requests. After the last one the stream
  /// is complete; cancelling it closes the watch.
  Flow.Publisher<WatchEvent> publisher();

  /// Ends the watch. Events that were not taken are dropped.
  @Override
  void close();
}
