package dengine.testkit.chaos;

import dengine.api.Client;
import dengine.api.ClusterUnavailableException;
import dengine.api.EngineStoppedException;
import dengine.api.OutcomeUnknownException;
import dengine.api.RejectedException;
import dengine.api.WatchOptions;
import dengine.testkit.cluster.Cluster;
import dengine.testkit.cluster.MemoryNetwork;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;

/// A [Cluster] in this JVM: quick to start and to look into, without processes and sockets.
final class MemoryTarget implements Target {

  private final Cluster cluster;
  private final Duration deadline;

  MemoryTarget(Cluster cluster, Duration deadline) {
    this.cluster = cluster;
    this.deadline = deadline;
  }

  @Override
  public List<Integer> nodes() {
    return cluster.nodes();
  }

  @Override
  public Store connect() {
    return new WanderingStore();
  }

  @Override
  public Store connect(int node) {
    return new OneNodesStore(cluster.engine(node).client());
  }

  @Override
  public Feed watch(int node, Manner manner, WatchOptions options) {
    Client client;
    try {
      client = cluster.engine(node).client().withDeadline(deadline);
    } catch (IllegalStateException stopped) {
      throw new ClusterUnavailableException("node " + node + " is down");
    }
    Subject what = manner.what();
    return Feed.of(
        what.prefix()
            ? client.watchPrefix(what.what(), options)
            : client.watch(what.what(), options),
        manner.wire() != Wire.ORIGINAL);
  }

  @Override
  public Optional<Integer> leader() {
    return cluster.leader();
  }

  @Override
  public boolean follows(int node) {
    return cluster.isRunning(node) && cluster.engine(node).leader().isPresent();
  }

  @Override
  public synchronized void kill(int node) {
    if (cluster.isRunning(node)) {
      cluster.crash(node);
    }
  }

  @Override
  public synchronized void start(int node) {
    if (!cluster.isRunning(node)) {
      cluster.start(node);
    }
  }

  @Override
  public boolean canPause() {
    return false;
  }

  @Override
  public void pause(int node) {}

  @Override
  public void resume(int node) {}

  @Override
  public void block(Set<Integer> from, Set<Integer> to) {
    for (int one : from) {
      for (int other : to) {
        cluster.network().oneWay(one, other, MemoryNetwork.Condition.BLOCKED);
      }
    }
  }

  @Override
  public void slow(int millis) {
    Duration most = Duration.ofMillis(millis);
    MemoryNetwork.Condition condition =
        new MemoryNetwork.Condition(false, 0.02, Duration.ZERO, most);
    cluster.network().between(Set.copyOf(nodes()), Set.copyOf(nodes()), condition);
  }

  @Override
  public void heal(boolean cut) {
    cluster.network().heal();
  }

  @Override
  public List<String> deaths() {
    return nodes().stream()
        .filter(cluster::isRunning)
        .filter(node -> cluster.engine(node).terminated().isDone())
        .map(node -> "node " + node + " stopped itself")
        .toList();
  }

  @Override
  public void close() {
    cluster.close();
  }

  /// Asks one node; closing it does not close the engine, as it would for the client below.
  private record OneNodesStore(Client client) implements AskingStore {
    @Override
    public <T> T ask(Function<Client, T> request) {
      return request.apply(client);
    }
  }

  /// Asks whoever leads, again while it is refused and the deadline allows.
  private final class WanderingStore implements AskingStore {

    @Override
    public <T> T ask(Function<Client, T> request) {
      long end = System.nanoTime() + deadline.toNanos();
      RejectedException last = new ClusterUnavailableException("no leader");
      while (System.nanoTime() < end) {
        Optional<Client> client = client();
        if (client.isPresent()) {
          try {
            return request.apply(client.get());
          } catch (RejectedException refused) {
            last = refused;
          } catch (EngineStoppedException killed) {
            throw new OutcomeUnknownException("the node was killed during the call", killed);
          }
        }
        LockSupport.parkNanos(1_000_000);
      }
      throw last;
    }

    private Optional<Client> client() {
      try {
        return cluster.leader().map(node -> cluster.engine(node).client().withDeadline(deadline));
      } catch (IllegalStateException stopped) {
        return Optional.empty();
      }
    }
  }
}
