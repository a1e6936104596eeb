package dengine.testkit.chaos;

import dengine.testkit.process.ProcessCluster;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;

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
  private final Store store;
  private final Ledger ledger = new Ledger();

  private DiskFailureMain(ProcessCluster cluster, ProcessTarget target, Store store) {
    this.cluster = cluster;
    this.target = target;
    this.store = store;
  }

  /// Exit code 0 if all is well, 1 with a stack trace if not.
  public static void main(String[] arguments) throws IOException, InterruptedException {
    ChaosOptions.flags(arguments, Set.of(), "none");
    Path directory = ChaosMain.directory();
    System.out.println("disk failure: data and logs in " + directory);
    ProcessCluster cluster = ProcessCluster.start(ChaosMain.setup(directory));
    try (ProcessTarget target = new ProcessTarget(cluster);
        Store store = target.connect()) {
      target.awaitServing(PATIENCE);
      DiskFailureMain run = new DiskFailureMain(cluster, target, store);
      try {
        run.failDiskOf(true);
        run.failDiskOf(false);
      } catch (RuntimeException failure) {
        System.out.println(cluster.symptoms());
        throw failure;
      }
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
    try (Store own = target.connect(node)) {
      ledger.awaitEverythingOn(own, PATIENCE);
    }
    verify();
    System.out.printf(
        "%s: node %d ended with %d, %d acknowledged writes are all there, it came back%n",
        ofLeader ? "leader" : "follower", node, code, ledger.acknowledged());
  }

  /// Writes, some of which may be refused or lost while the node goes away. Gives up when none
  /// succeeds for long: what is wrong then will not be found out by waiting.
  private void write() {
    long end = System.nanoTime() + PATIENCE.toNanos();
    for (int i = 0; i < WRITES; i++) {
      if (ledger.write(store)) {
        end = System.nanoTime() + PATIENCE.toNanos();
      } else if (System.nanoTime() > end) {
        throw new IllegalStateException("no write was acknowledged for " + PATIENCE);
      }
    }
  }

  private void verify() throws InterruptedException {
    int checked = ledger.compare(store, PATIENCE).require();
    if (checked < ledger.tried() - WRITES) {
      throw new IllegalStateException(
          "only " + checked + " of " + ledger.tried() + " writes were acknowledged");
    }
  }
}
