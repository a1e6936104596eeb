package dengine.client;

import dengine.api.Admin;
import dengine.api.ClusterMembership;
import dengine.api.DEngineException;
import dengine.proto.v1.AdminGrpc;
import dengine.proto.v1.Membership;
import dengine.proto.v1.WatchMembersRequest;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Tells who the members are, from one server after the other. Whichever it is, nothing is told
/// that is older than what was told before, or the same.
///
/// A thread of its own asks and tells, so that a listener that waits keeps up nobody else. The lock
/// is held while a listener runs: who has closed the watch can be sure that none does any more.
final class MembershipWatch implements Admin.Watching {

  private static final System.Logger LOGGER = System.getLogger(MembershipWatch.class.getName());

  /// Longest time to find and connect to a server.
  private static final long ATTEMPT_NANOS = TimeUnit.SECONDS.toNanos(5);

  private final AdminServers servers;
  private final Consumer<ClusterMembership> listener;
  private final Thread thread;
  private long told = -1;
  private volatile boolean closed;
  private volatile @Nullable ManagedChannel channel;

  private MembershipWatch(AdminServers servers, Consumer<ClusterMembership> listener) {
    this.servers = servers;
    this.listener = listener;
    this.thread = new Thread(this::run, "dengine-watch");
    this.thread.setDaemon(true);
  }

  static MembershipWatch start(AdminServers servers, Consumer<ClusterMembership> listener) {
    MembershipWatch watch = new MembershipWatch(servers, listener);
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
        try {
          List<String> addresses = servers.addresses(end);
          failures = follow(addresses.get(next % addresses.size()), end) ? 0 : failures + 1;
        } catch (DEngineException e) {
          failures++;
        }
        next++;
        if (!closed) {
          servers.backOff(failures, Long.MAX_VALUE);
        }
      }
    } catch (InterruptedException e) {
      // Closed.
    } catch (RuntimeException e) {
      LOGGER.log(
          System.Logger.Level.ERROR, "a listener of the members failed and is told no more", e);
    } finally {
      servers.ended(this);
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
        Iterator<Membership> news =
            AdminGrpc.newBlockingStub(connected)
                .watchMembers(WatchMembersRequest.getDefaultInstance());
        while (hasNext(news, address)) {
          any = true;
          tell(AdminViews.membership(news.next()));
        }
      }
      return any;
    } finally {
      channel = null;
      servers.hangUp(connected);
    }
  }

  private boolean hasNext(Iterator<Membership> news, String address) {
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

  private synchronized void tell(ClusterMembership now) {
    if (!closed && now.index() > told) {
      told = now.index();
      listener.accept(now);
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
    servers.ended(this);
  }

  private synchronized void awaitListener() {
    assert closed;
  }
}
