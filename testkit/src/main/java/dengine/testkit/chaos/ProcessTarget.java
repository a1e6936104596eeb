package dengine.testkit.chaos;

import dengine.api.Bytes;
import dengine.api.Client;
import dengine.api.ClusterMember;
import dengine.api.DEngineException;
import dengine.api.Leader;
import dengine.api.Watch;
import dengine.api.WatchOptions;
import dengine.client.GrpcClient;
import dengine.testkit.network.LinkMode;
import dengine.testkit.process.ProcessCluster;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;

/// A [ProcessCluster], asked by [GrpcClient].
final class ProcessTarget implements Target {

  /// Longest time of a call of the workload.
  static final Duration DEADLINE = Duration.ofSeconds(2);

  /// A node that does not say within this who leads is not asked any longer.
  private static final Duration QUICKLY = Duration.ofMillis(250);

  /// One connection in this many sends unary calls instead of using the session stream.
  private static final int UNARY_EVERY = 3;

  private final ProcessCluster cluster;
  private final AtomicInteger connections = new AtomicInteger();

  ProcessTarget(ProcessCluster cluster) {
    this.cluster = cluster;
  }

  private static GrpcClient connect(String endpoints, Duration deadline) {
    return GrpcClient.builder(endpoints).deadline(deadline).connect();
  }

  @Override
  public List<Integer> nodes() {
    return cluster.nodes();
  }

  @Override
  public Store connect() {
    GrpcClient.Builder builder =
        GrpcClient.builder(String.join(",", cluster.endpoints())).deadline(DEADLINE);
    if (connections.getAndIncrement() % UNARY_EVERY == 0) {
      builder.unary();
    }
    return new ClientStore(builder.connect());
  }

  @Override
  public Store connect(int node) {
    return new OneNodesStore(cluster.endpoint(node));
  }

  @Override
  public Feed watch(int node, Manner manner, WatchOptions options) {
    return ServerFeed.open(cluster.endpoint(node), manner, options);
  }

  @Override
  public Optional<Integer> leader() {
    Optional<Leader> newest = Optional.empty();
    for (int node : nodes()) {
      Optional<Leader> named = leaderAccordingTo(node);
      if (named.isPresent() && named.get().term() > newest.map(Leader::term).orElse(0L)) {
        newest = named;
      }
    }
    return newest.map(Leader::id);
  }

  private Optional<Leader> leaderAccordingTo(int node) {
    if (!cluster.isRunning(node)) {
      return Optional.empty();
    }
    try (GrpcClient observer = connect(cluster.endpoint(node), QUICKLY)) {
      return observer.leader();
    } catch (DEngineException down) {
      return Optional.empty();
    }
  }

  /// Waits until a node leads and answers a read.
  void awaitServing(Duration patience) throws InterruptedException {
    long end = System.nanoTime() + patience.toNanos();
    try (GrpcClient client = connect(String.join(",", cluster.endpoints()), DEADLINE)) {
      while (true) {
        try {
          client.get("none");
          return;
        } catch (DEngineException notYet) {
          if (System.nanoTime() > end) {
            throw new IllegalStateException(
                "the cluster does not serve within " + patience + " of its start", notYet);
          }
          TimeUnit.MILLISECONDS.sleep(50);
        }
      }
    }
  }

  @Override
  public boolean follows(int node) {
    return leaderAccordingTo(node).isPresent();
  }

  /// How many entries a node is behind, according to the leader; empty if nobody knows.
  OptionalLong lag(int node) {
    Optional<Integer> leader = leader();
    if (leader.isEmpty()) {
      return OptionalLong.empty();
    }
    try (GrpcClient client = connect(cluster.endpoint(leader.get()), DEADLINE)) {
      return client
          .admin()
          .listMembers()
          .member(node)
          .map(ClusterMember::lag)
          .orElse(OptionalLong.empty());
    } catch (DEngineException | IllegalArgumentException notYet) {
      return OptionalLong.empty(); // or the leader was forgotten a moment ago
    }
  }

  @Override
  public void kill(int node) {
    cluster.kill(node);
  }

  @Override
  public void start(int node) {
    cluster.start(node);
  }

  @Override
  public boolean canPause() {
    return true;
  }

  @Override
  public void pause(int node) {
    cluster.pause(node);
  }

  @Override
  public void resume(int node) {
    cluster.resume(node);
  }

  @Override
  public void block(Set<Integer> from, Set<Integer> to) {
    cluster.links().oneWay(from, to, new LinkMode.Blackhole());
  }

  @Override
  public void slow(int millis) {
    Set<Integer> all = new HashSet<>(nodes());
    cluster.links().both(all, all, new LinkMode.Delay(Duration.ofMillis(millis)));
  }

  @Override
  public void heal(boolean cut) {
    cluster.links().heal(cut);
  }

  /// A store that asks one node only. A client learns where the other nodes are and may ask them
  /// instead; so each request gets a client of its own, which knows nobody else yet.
  private record OneNodesStore(String endpoint) implements AskingStore {
    @Override
    public <T> T ask(Function<Client, T> request) {
      try (GrpcClient client = ProcessTarget.connect(endpoint, DEADLINE)) {
        return request.apply(client);
      }
    }

    @Override
    public Watch watch(Bytes what, boolean prefix, WatchOptions options) {
      throw new UnsupportedOperationException("its client is closed after each request");
    }
  }

  /// A store that owns its client.
  private record ClientStore(GrpcClient client) implements AskingStore {
    @Override
    public <T> T ask(Function<Client, T> request) {
      return request.apply(client);
    }

    @Override
    public void close() {
      client.close();
    }
  }

  @Override
  public List<String> deaths() {
    return cluster.deaths();
  }

  @Override
  public void close() {
    cluster.close();
  }
}
