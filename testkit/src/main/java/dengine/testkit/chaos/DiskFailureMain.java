package dengine.testkit.chaos;

import dengine.api.DEngineException;
import dengine.api.ReadPolicy;
import dengine.api.Scan;
import dengine.client.GrpcClient;
import dengine.testkit.process.ProcessCluster;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;

/// A disk that fails under a running server: the node must end with the exit code that says so, the
/// others must go on, and nothing that was acknowledged may be missing, neither before nor after
/// the node has come back on the same data.
///
/// First the leader's disk fails, then a follower's. The failure is a limit on the size of files,
/// set on the running process, so that writes to the log end with an error. Properties as for
/// [ChaosMain].
public final class DiskFailureMain {

  /// What `docs/cli.md` says about an input or output error.
  private static final int EXIT_IO_ERROR = 74;

  private static final Duration PATIENCE = Duration.ofMinutes(1);
  private static final int WRITES = 200;

  private final ProcessCluster cluster;
  private final ProcessTarget target;
  private final GrpcClient client;
  private final Set<String> acknowledged = new TreeSet<>();
  private int number;

  private DiskFailureMain(ProcessCluster cluster, ProcessTarget target, GrpcClient client) {
    this.cluster = cluster;
    this.target = target;
    this.client = client;
  }

  /// Exit code 0 if all is well, 1 with a stack trace if not.
  public static void main(String[] arguments) throws IOException, InterruptedException {
    ChaosOptions.flags(arguments, Set.of(), "none");
    Path directory = ChaosMain.directory();
    System.out.println("disk failure: data and logs in " + directory);
    ProcessCluster cluster = ProcessCluster.start(ChaosMain.setup(directory));
    try (ProcessTarget target = new ProcessTarget(cluster);
        GrpcClient client =
            GrpcClient.builder(String.join(",", cluster.endpoints()))
                .deadline(Duration.ofSeconds(10))
                .connect()) {
      target.awaitServing(PATIENCE);
      DiskFailureMain run = new DiskFailureMain(cluster, target, client);
      run.failDiskOf(true);
      run.failDiskOf(false);
    }
    System.out.println("PASSED");
  }

  private void failDiskOf(boolean ofLeader) throws InterruptedException {
    write();
    int leader = target.leader().orElseThrow();
    int node =
        target.nodes().stream().filter(n -> (n == leader) == ofLeader).findFirst().orElseThrow();
    cluster.failWritesBeyond(node, 1);
    write(); // makes the node use its disk
    int code = cluster.awaitEnd(node, PATIENCE);
    if (code != EXIT_IO_ERROR) {
      throw new IllegalStateException(
          "node " + node + " ended with " + code + " instead of " + EXIT_IO_ERROR);
    }
    write();
    verify();
    cluster.start(node);
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (!holdsEverything(node)) {
      if (System.nanoTime() > end) {
        throw new IllegalStateException("node " + node + " did not catch up within " + PATIENCE);
      }
      TimeUnit.MILLISECONDS.sleep(50);
    }
    verify();
    System.out.printf(
        "%s: node %d ended with %d, %d acknowledged writes are all there, it came back%n",
        ofLeader ? "leader" : "follower", node, code, acknowledged.size());
  }

  /// Writes, some of which may be refused or lost while the node goes away.
  private void write() {
    for (int i = 0; i < WRITES; i++) {
      String key = "key-%06d".formatted(number++);
      try {
        client.put(key, key);
        acknowledged.add(key);
      } catch (DEngineException refusedOrUnknown) {
        // Not acknowledged, so nothing is promised.
      }
    }
  }

  private void verify() {
    for (String key : acknowledged) {
      String found = client.get(key).map(record -> record.value().toString()).orElse("nothing");
      if (!found.equals(key)) {
        throw new IllegalStateException(key + " was acknowledged, now there is " + found);
      }
    }
    if (acknowledged.size() < number - WRITES) {
      throw new IllegalStateException(
          "only " + acknowledged.size() + " of " + number + " writes were acknowledged");
    }
  }

  /// Whether the node itself has applied everything that was acknowledged.
  private boolean holdsEverything(int node) {
    try (Store own = target.connect(node)) {
      Scan all = Scan.prefix("key-").policy(ReadPolicy.EVENTUAL).limit(10_000);
      Set<String> held = new HashSet<>();
      own.scan(all).entries().forEach(entry -> held.add(entry.key().text()));
      return held.containsAll(acknowledged);
    } catch (DEngineException notYet) {
      return false;
    }
  }
}
