package dengine.client;

import dengine.api.Admin;
import dengine.api.DEngineException;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/// Tells what servers say, from one server after the other.
///
/// A thread of its own asks and tells, so that a listener that waits keeps up nobody else. The lock
/// is held while a listener runs: who has closed the watch can be sure that none does any more.
final class ServerWatch<M> implements Admin.Watching {

  private static final System.Logger LOGGER = System.getLogger(ServerWatch.class.getName());

  /// Longest time to find and connect to a server.
  private static final long ATTEMPT_NANOS = TimeUnit.SECONDS.toNanos(5);

  /// What is asked, and who is told. Called by one thread at a time.
  interface Story<M> {

    /// Begins to ask a server.
    Iterator<M> open(ManagedChannel server);

    /// A server said something.
    ///
    /// @param leave has it asked no more, and another one instead
    void tell(M news, Runnable leave);

    /// Nobody answers who could be asked.
    default void unreachable() {}

    /// It is over: the watch or the client was closed. Any thread.
    default void ended() {}
  }

  private final AdminServers servers;
  private final LongFunction<List<String>> addresses;
  private final Story<M> story;
  private final Thread thread;
  private volatile boolean closed;
  private volatile @Nullable ManagedChannel channel;

  private ServerWatch(AdminServers servers, LongFunction<List<String>> addresses, Story<M> story) {
    this.servers = servers;
    this.addresses = addresses;
    this.story = story;
    this.thread = new Thread(this::run, "dengine-watch");
    this.thread.setDaemon(true);
  }

  /// @param addresses who is to be asked, found out before a given time
  static <M> ServerWatch<M> start(
      AdminServers servers, LongFunction<List<String>> addresses, Story<M> story) {
    ServerWatch<M> watch = new ServerWatch<>(servers, addresses, story);
    watch.thread.start();
    servers.started(watch);
    return watch;
  }

  private void run() {
    int failures = 0;
    int next = 0;
    try {
      while (!closed) {
        long end = servers.loop().nanoTime() + ATTEMPT_NANOS;
        int choice = 1;
        boolean heard = false;
        try {
          List<String> all = addresses.apply(end);
          choice = all.size();
          heard = follow(all.get(next % choice), end);
        } catch (DEngineException e) {
          LOGGER.log(System.Logger.Level.DEBUG, "watching elsewhere", e);
        }
        next++;
        failures = heard ? 0 : failures + 1;
        if (failures == choice) {
          tellUnreachable();
        }
        if (!closed) {
          servers.backOff(failures, Long.MAX_VALUE);
        }
      }
    } catch (InterruptedException e) {
      // Closed.
    } catch (RuntimeException e) {
      LOGGER.log(System.Logger.Level.ERROR, "a listener failed and is told no more", e);
    } finally {
      end();
    }
  }

  /// Tells what one server says until it says no more.
  ///
  /// @return whether it said anything
  private boolean follow(String address, long end) {
    ManagedChannel connected = servers.dial(address, end);
    channel = connected;
    boolean any = false;
    try {
      servers.requireOurs(connected, address, end);
      // Who closes may have looked before it was there.
      if (!closed) {
        Iterator<M> news = story.open(connected);
        while (hasNext(news, address)) {
          any = true;
          tell(news.next(), () -> servers.hangUp(connected));
        }
      }
      return any;
    } finally {
      channel = null;
      servers.hangUp(connected);
    }
  }

  private boolean hasNext(Iterator<M> news, String address) {
    try {
      return news.hasNext();
    } catch (StatusRuntimeException e) {
      LOGGER.log(
          System.Logger.Level.DEBUG,
          "watching elsewhere address={0} reason=\"{1}\"",
          address,
          e.getStatus());
      return false;
    }
  }

  private synchronized void tell(M news, Runnable leave) {
    if (!closed) {
      story.tell(news, leave);
    }
  }

  private synchronized void tellUnreachable() {
    if (!closed) {
      story.unreachable();
    }
  }

  @Override
  public void close() {
    closed = true;
    ManagedChannel connected = channel;
    if (connected != null) {
      servers.hangUp(connected);
    }
    thread.interrupt();
    awaitListener();
    end();
  }

  private synchronized void awaitListener() {
    assert closed;
  }

  private void end() {
    servers.ended(this);
    story.ended();
  }
}
