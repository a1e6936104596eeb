package dengine.examples.queue;

import dengine.api.Admin;
import dengine.api.Bytes;
import dengine.api.Client;
import dengine.api.NodeState;
import dengine.api.OutcomeUnknownException;
import dengine.embedded.EmbeddedEngine;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/// A queue in a replicated store. The broker on the node that leads gives messages out; those on
/// the others wait until theirs leads, and refuse.
///
/// What is promised: a message whose [#publish] returned is given out until a consumer has
/// acknowledged it, whichever minority of the nodes dies; one whose [#acknowledge] returned is
/// never given out again. A message may be given out more than once: when its consumer does not
/// acknowledge it in time, and when another node begins to lead, which does not know what was
/// given out. Messages come in about the order in which they were published.
///
/// How the engine's notifications are used:
///  - **ready**: [#start] returns when the node serves.
///  - **leadership**: a [Shift] begins when this node leads and may act on it, and ends when it
///    does not any more. What consumers have from an earlier shift cannot be acknowledged as theirs
///    by mistake: acknowledging removes the message in the log, which only a leader can.
///  - **shutdown**: waiting consumers are released before the engine ends, and nothing new is given
///    out.
public final class Broker implements AutoCloseable {

  /// Refused: this node does not lead, or stops. Another broker may do it.
  public static final class NotHereException extends Exception {
    private static final long serialVersionUID = 1L;

    NotHereException(String what) {
      super(what);
    }
  }

  /// A message given out to a consumer.
  ///
  /// @param number its place in the queue
  public record Delivery(long number, Bytes message) {}

  private static final Duration LONGEST_START = Duration.ofSeconds(30);

  private final Client client;
  private final String queue;
  private final Duration patience;
  private final AtomicReference<@Nullable Shift> shift = new AtomicReference<>();
  private final Admin.Watching watching;

  private Broker(EmbeddedEngine engine, String queue, Duration patience) {
    this.client = engine.client();
    this.queue = queue;
    this.patience = patience;
    this.watching = engine.lifecycle().watch(this::onState);
  }

  /// Starts a broker on an engine; returns once that serves.
  ///
  /// @param patience time for a consumer to acknowledge, after which another one gets the message
  public static Broker start(EmbeddedEngine engine, String queue, Duration patience) {
    engine.waitReady(LONGEST_START);
    return new Broker(engine, queue, patience);
  }

  /// Told one state after the other, by one thread.
  private void onState(NodeState now) {
    Shift present = shift.get();
    if (present != null && (!now.isLeader() || now.term() != present.term())) {
      shift.set(null);
      present.close();
      present = null;
    }
    if (present == null && now.isLeader()) {
      shift.set(new Shift(client, queue, now.term(), patience));
    }
  }

  /// Adds a message.
  ///
  /// @return its place in the queue; it is on the disks of a majority
  /// @throws NotHereException if nothing was added
  /// @throws OutcomeUnknownException if it may have been added: publishing it again may add it
  ///     twice
  public long publish(Bytes message) throws NotHereException {
    return onShift().publish(message);
  }

  /// Takes the next message.
  ///
  /// @return empty if there is none in this time
  /// @throws NotHereException if this broker gives nothing out, or stops to meanwhile
  public Optional<Delivery> take(Duration longest) throws NotHereException {
    return onShift().take(longest);
  }

  /// Says that a message is done with.
  ///
  /// @throws NotHereException if that is not certain: the message may be given out again
  public void acknowledge(Delivery delivery) throws NotHereException {
    onShift().acknowledge(delivery);
  }

  /// Whether this broker gives messages out.
  public boolean isOnShift() {
    return shift.get() != null;
  }

  private Shift onShift() throws NotHereException {
    Shift present = shift.get();
    if (present == null) {
      throw new NotHereException("this broker's node does not lead");
    }
    return present;
  }

  /// Releases consumers that wait. The engine is whoever's who started it.
  @Override
  public void close() {
    watching.close();
    Shift last = shift.getAndSet(null);
    if (last != null) {
      last.close();
    }
  }

  /// What is in the queue, for operators.
  public List<Long> waiting() throws NotHereException {
    return onShift().waiting();
  }
}
