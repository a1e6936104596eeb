package dengine.testkit.chaos;

import dengine.testkit.process.ProcessCluster;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;

/// Kills the receiver of a snapshot again and again while it arrives, at random points, and once
/// the sender. What the receiver had on its disk when it was killed, it must not be sent again but
/// for one piece. Belongs to one thread.
final class Interruptions {

  /// Pieces that are asked for at a time by default, and one that is being written.
  private static final long MOST_UNDER_WAY = 5;

  private final ProcessCluster cluster;
  private final int receiver;
  private final int wanted;
  private final Random random;
  private final Duration patience;
  private final Folder folder;
  private final NodeLog log;
  private final Map<Integer, NodeLog> senders = new HashMap<>();
  private int killed;
  private int otherFiles;
  private long hadTwice;
  private long mostHadTwice;

  /// What makes a node fall so far behind that it needs a snapshot.
  interface Absence {
    void of(int node) throws InterruptedException;
  }

  Interruptions(ProcessCluster cluster, int receiver, int wanted, Random random, Duration patience)
      throws IOException {
    this.cluster = cluster;
    this.receiver = receiver;
    this.wanted = wanted;
    this.random = random;
    this.patience = patience;
    this.folder = new Folder(cluster.data(receiver));
    this.log = NodeLog.fromNow(cluster.log(receiver));
    for (int node : cluster.nodes()) {
      senders.put(node, NodeLog.fromNow(cluster.log(node)));
    }
  }

  /// Kills the receiver, and starts it again, as often as wanted; then lets it have everything. One
  /// transfer may be over before that: then the next one is interrupted.
  void ofReceiver(Absence absence) throws IOException, InterruptedException {
    while (killed < wanted) {
      int before = log.events("snapshot-fetch").size();
      cluster.start(receiver);
      int done = arrived();
      awaitFetch(before);
      while (killed < wanted && interrupt(done)) {
        killed++;
      }
      if (killed < wanted) {
        absence.of(receiver);
      }
    }
    awaitArrival();
  }

  private int arrived() throws IOException {
    return log.events("snapshot-fetched").size();
  }

  /// Until what was begun last has arrived.
  private void awaitArrival() throws IOException, InterruptedException {
    long end = System.nanoTime() + patience.toNanos();
    long index = NodeLog.number(log.events("snapshot-fetch").getLast(), "index");
    while (newestArrived() < index) {
      pause(end, "the snapshot to arrive");
    }
  }

  private long newestArrived() throws IOException {
    return log.events("snapshot-fetched").stream()
        .mapToLong(line -> NodeLog.number(line, "index"))
        .max()
        .orElse(0);
  }

  /// Kills the sender halfway, once, and starts it again; the receiver must get everything from
  /// whoever leads then.
  ///
  /// @return false if the snapshot was there before that
  boolean ofSender() throws IOException, InterruptedException {
    int fetches = log.events("snapshot-fetch").size();
    int done = arrived();
    cluster.start(receiver);
    String begun = awaitFetch(fetches);
    long bytes = NodeLog.number(begun, "bytes");
    while (folder.arrivedBytes() < bytes / 3 && arrived() == done) {
      TimeUnit.MILLISECONDS.sleep(1);
    }
    if (arrived() > done) {
      return false;
    }
    long had = folder.arrivedBytes();
    int sender = (int) NodeLog.number(begun, "peer");
    long start = System.nanoTime();
    cluster.kill(sender);
    cluster.start(sender);
    // Of the successor, whose newest snapshot may be older than the one that was begun.
    long end = start + patience.toNanos();
    while (arrived() == done) {
      pause(end, "a snapshot to arrive from another sender");
    }
    String last = log.events("snapshot-fetch").getLast();
    boolean same = NodeLog.number(last, "index") == NodeLog.number(begun, "index");
    System.out.printf(
        "RESULT catch-up part=sender-killed had=%d same_file=%s seconds_until_all_there=%.1f%n",
        had, same ? "yes" : "no", (System.nanoTime() - start) / 1e9);
    return true;
  }

  private String awaitFetch(int before) throws IOException, InterruptedException {
    long end = System.nanoTime() + patience.toNanos();
    List<String> begun = log.events("snapshot-fetch");
    while (begun.size() <= before) {
      pause(end, "node " + receiver + " to ask for a snapshot");
      begun = log.events("snapshot-fetch");
    }
    return begun.getLast();
  }

  /// Kills the receiver at a random point of what is still to come; false if all came before that.
  private boolean interrupt(int done) throws IOException, InterruptedException {
    List<String> begun = log.events("snapshot-fetch");
    String current = begun.getLast();
    long bytes = NodeLog.number(current, "bytes");
    long from = NodeLog.number(current, "from");
    long point = from + (long) ((bytes - from) * random.nextDouble() / (wanted - killed));
    while (folder.arrivedBytes() < point) {
      if (arrived() > done) {
        return false;
      }
      TimeUnit.MILLISECONDS.sleep(1);
    }
    cluster.kill(receiver);
    long had = folder.arrivedBytes();
    cluster.start(receiver);
    String next = awaitFetch(begun.size());
    if (NodeLog.number(next, "index") != NodeLog.number(current, "index")) {
      otherFiles++; // by rule C7, or another sender's: what was there is of no use
      return true;
    }
    long again = Math.max(0, had - NodeLog.number(next, "from"));
    hadTwice += again;
    mostHadTwice = Math.max(mostHadTwice, again);
    return true;
  }

  private static void pause(long end, String what) throws InterruptedException {
    if (System.nanoTime() > end) {
      throw new IllegalStateException("waited in vain for " + what);
    }
    TimeUnit.MILLISECONDS.sleep(5);
  }

  List<String> troubles(long piece) throws IOException {
    List<String> troubles = new ArrayList<>();
    if (mostHadTwice > piece) {
      troubles.add(
          "%d bytes that were on the receiver's disk were sent again".formatted(mostHadTwice));
    }
    if (otherFiles > 0) {
      troubles.add("%d of %d transfers were not gone on with".formatted(otherFiles, killed));
    }
    if (sentTwice() > killed * MOST_UNDER_WAY * piece) {
      troubles.add("%d bytes were sent twice".formatted(sentTwice()));
    }
    return troubles;
  }

  /// What was on its way when the receiver was killed included.
  private long sentTwice() throws IOException {
    return sent() - arrivedBytes();
  }

  private long sent() throws IOException {
    long sent = 0;
    for (NodeLog sender : senders.values()) {
      for (String event : List.of("snapshot-sent", "snapshot-not-sent")) {
        for (String line : sender.events(event)) {
          if (NodeLog.number(line, "peer") == receiver) {
            sent += NodeLog.number(line, "sent");
          }
        }
      }
    }
    return sent;
  }

  private long arrivedBytes() throws IOException {
    return log.events("snapshot-fetched").stream()
        .mapToLong(line -> NodeLog.number(line, "bytes"))
        .sum();
  }

  String result(long piece) throws IOException {
    return ("RESULT catch-up part=interrupted kills=%d resumed=%d other_file=%d bytes=%d"
            + " sent=%d sent_twice=%d"
            + " pieces_twice_per_kill=%.2f had_and_sent_again=%d most_at_once=%d")
        .formatted(
            killed,
            killed - otherFiles,
            otherFiles,
            arrivedBytes(),
            sent(),
            sentTwice(),
            sentTwice() / (double) piece / Math.max(1, killed),
            hadTwice,
            mostHadTwice);
  }
}
