package dengine.testkit.chaos;

import dengine.api.Admin;
import dengine.api.ClusterMember;
import dengine.api.ClusterMember.Standing;
import dengine.api.ClusterMembership;
import dengine.api.DEngineException;
import dengine.client.GrpcClient;
import dengine.testkit.process.ProcessCluster;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// What an operator does to a cluster over years, in a minute: one, three and five nodes, a wiped
/// disk, each node replaced, the leader removed, three and one again. Each step ends when the
/// members are as they should be and none of those that stay is missing. Belongs to one thread.
final class GrowSteps {

  private static final Duration PATIENCE = Duration.ofMinutes(3);
  private static final Duration LONGEST_CALL = Duration.ofSeconds(15);

  /// A node that does not say within this who the members are is not asked any longer.
  private static final Duration QUICKLY = Duration.ofMillis(500);

  /// Beyond this it is told what clients were told.
  private static final Duration LONG_PAUSE = Duration.ofSeconds(3);

  /// Between two steps, so that the members of that moment suffer too.
  private static final int MILLIS_BETWEEN = 1_500;

  /// A round needs so many new nodes; numbers end at 250.
  private static final int LAST_NUMBER = 235;

  private final ProcessCluster cluster;
  private final Target target;
  private final Torment torment;
  private final Ledger ledger;
  private final Random random;
  private final boolean faults;
  private final List<String> troubles = new ArrayList<>();
  private int next = 2;
  private int joined;
  private int rounds;
  private int steps;
  private int wiped;
  private int leadersRemoved;
  private Duration longestPause = Duration.ZERO;

  private interface Step {
    void run() throws IOException, InterruptedException;
  }

  GrowSteps(
      ProcessCluster cluster,
      Target target,
      Torment torment,
      Ledger ledger,
      long seed,
      boolean faults) {
    this.cluster = cluster;
    this.target = target;
    this.torment = torment;
    this.ledger = ledger;
    this.random = new Random(seed);
    this.faults = faults;
  }

  int rounds() {
    return rounds;
  }

  int steps() {
    return steps;
  }

  int wiped() {
    return wiped;
  }

  int leadersRemoved() {
    return leadersRemoved;
  }

  Duration longestPause() {
    return longestPause;
  }

  List<String> troubles() throws IOException {
    long fetched = snapshotsFetched();
    if (fetched < joined) {
      troubles.add("%d nodes joined and only %d snapshots travelled".formatted(joined, fetched));
    }
    return troubles;
  }

  /// Whether there are numbers for another round.
  boolean canGoOn() {
    return next <= LAST_NUMBER;
  }

  /// From one node to one node, which is another one.
  void round() throws IOException, InterruptedException {
    step("one becomes three", () -> grow(2));
    step("three become five", () -> grow(2));
    step("a disk is wiped", this::wipe);
    List<Integer> all = cluster.nodes();
    for (int old : all) {
      boolean dead = old == all.getFirst();
      step(
          "node %d%s is replaced by %d".formatted(old, dead ? ", dead," : "", next),
          () -> replace(old, dead));
    }
    step("five become three, without the leader", () -> shrink(2, true));
    step("three become one", () -> shrink(2, random.nextBoolean()));
    rounds++;
  }

  private void step(String what, Step step) throws IOException, InterruptedException {
    ledger.takeLongestGap();
    long start = System.nanoTime();
    step.run();
    endure();
    steps++;
    Duration pause = ledger.takeLongestGap();
    longestPause = pause.compareTo(longestPause) > 0 ? pause : longestPause;
    System.out.printf(
        "step %d: %s; members %s; %d ms, longest pause %d ms%n",
        steps,
        what,
        cluster.nodes(),
        TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start),
        pause.toMillis());
    if (pause.compareTo(LONG_PAUSE) > 0) {
      System.out.println("  the last write that failed: " + ledger.lastFailure());
    }
  }

  /// Faults among the present members, as many as they can bear; then everybody whole.
  private void endure() throws InterruptedException {
    List<Integer> all = cluster.nodes();
    allow(new HashSet<>(all), (all.size() - 1) / 2);
    TimeUnit.MILLISECONDS.sleep(MILLIS_BETWEEN);
    torment.rest();
  }

  private void allow(Set<Integer> nodes, int atMost) {
    torment.allow(nodes, faults ? atMost : 0);
  }

  private void grow(int more) throws IOException, InterruptedException {
    Set<Integer> before = new HashSet<>(cluster.nodes());
    Set<Integer> added = new HashSet<>();
    for (int i = 0; i < more; i++) {
      int node = next++;
      cluster.join(node);
      added.add(node);
      joined++;
    }
    // One alone can bear nothing, neither before nor in the joint configuration.
    Set<Integer> victims = new HashSet<>(added);
    if (before.size() >= 3) {
      victims.addAll(before);
    }
    allow(victims, 1);
    awaitVoters(cluster.nodes());
  }

  /// The node must lose its vote with its disk, and get it again with another incarnation.
  private void wipe() throws IOException, InterruptedException {
    int leader = target.leader().orElseGet(() -> cluster.nodes().getFirst());
    List<Integer> candidates =
        cluster.nodes().stream().filter(node -> node != leader && node != 1).toList();
    int node = candidates.get(random.nextInt(candidates.size()));
    long before = incarnation(members(), node);
    Set<Standing> seen = new HashSet<>();
    try (GrpcClient observer = observer();
        Admin.Watching _ =
            observer
                .admin()
                .watchMembership(
                    now -> now.member(node).map(ClusterMember::standing).ifPresent(seen::add))) {
      cluster.kill(node);
      cluster.wipe(node);
      cluster.start(node);
      Set<Integer> others = new HashSet<>(cluster.nodes());
      others.remove(node);
      allow(others, 1);
      await(
          "node " + node + " to have a vote with its new disk",
          now -> isVoter(now, node) && incarnation(now, node) != before);
      torment.rest();
      awaitVoters(cluster.nodes());
    }
    if (!seen.contains(Standing.LEARNER)) {
      troubles.add("node %d was never seen as a learner after its disk was wiped".formatted(node));
    }
    wiped++;
    joined++;
  }

  private void replace(int old, boolean dead) throws IOException, InterruptedException {
    int fresh = next++;
    if (dead) {
      cluster.kill(old);
    }
    cluster.join(fresh);
    joined++;
    Set<Integer> others = new HashSet<>(cluster.nodes());
    others.remove(old);
    others.remove(fresh);
    // A change is decided by a majority before and one after, five each; one is dead or leaves.
    allow(others, 1);
    String address = cluster.endpoint(fresh);
    change(
        now -> now.member(old).isEmpty() && isVoter(now, fresh),
        admin -> admin.replace(old, fresh, address));
    torment.rest();
    cluster.forget(old);
    awaitVoters(cluster.nodes());
  }

  private void shrink(int fewer, boolean leaderToo) throws InterruptedException {
    List<Integer> order = new ArrayList<>(cluster.nodes());
    Optional<Integer> leader = target.leader();
    if (leader.isPresent()) {
      order.removeIf(leader.get()::equals);
      order.add(leaderToo ? 0 : order.size(), leader.get());
      leadersRemoved += leaderToo ? 1 : 0;
    }
    List<Integer> leaving = List.copyOf(order.subList(0, fewer));
    Set<Integer> staying = new HashSet<>(order.subList(fewer, order.size()));
    allow(staying, staying.size() < 3 ? 0 : 1);
    change(
        now -> leaving.stream().allMatch(node -> now.member(node).isEmpty()),
        admin -> admin.remove(leaving));
    torment.rest();
    leaving.forEach(cluster::forget);
    awaitVoters(cluster.nodes());
  }

  /// Asks for a change until it is there: an answer may get lost with the leader that gives it.
  private void change(Predicate<ClusterMembership> done, Function<Admin, Object> request)
      throws InterruptedException {
    long start = System.nanoTime();
    long end = start + PATIENCE.toNanos();
    while (true) {
      String last;
      try {
        last = String.valueOf(ask(request));
      } catch (DEngineException failed) {
        last = failed.toString();
      }
      ClusterMembership now = members();
      if (now.committed() && !now.isJoint() && done.test(now)) {
        return;
      }
      if (System.nanoTime() > end) {
        throw new IllegalStateException("not changed: " + last + "; members are " + now);
      }
      if (System.nanoTime() - start > LONG_PAUSE.toNanos()) {
        System.out.println("  not changed yet: " + last + "; members are " + now);
        start = System.nanoTime();
      }
      TimeUnit.MILLISECONDS.sleep(50);
    }
  }

  private void awaitVoters(List<Integer> nodes) throws InterruptedException {
    Set<Integer> expected = new TreeSet<>(nodes);
    await(
        "the voters to be " + expected,
        now ->
            now.members().stream()
                .filter(member -> member.standing() == Standing.VOTER)
                .map(ClusterMember::id)
                .collect(Collectors.toSet())
                .equals(expected));
  }

  private void await(String what, Predicate<ClusterMembership> holds) throws InterruptedException {
    long end = System.nanoTime() + PATIENCE.toNanos();
    ClusterMembership now = members();
    while (!now.committed() || now.isJoint() || !holds.test(now)) {
      if (System.nanoTime() > end) {
        throw new IllegalStateException("waited in vain for " + what + "; members are " + now);
      }
      TimeUnit.MILLISECONDS.sleep(50);
      now = members();
    }
  }

  /// What the node says that knows most: one that was removed may never hear of it.
  private ClusterMembership members() throws InterruptedException {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (true) {
      Optional<ClusterMembership> newest =
          cluster.nodes().stream()
              .filter(cluster::isRunning)
              .map(this::membersAccordingTo)
              .flatMap(Optional::stream)
              .max(Comparator.comparingLong(ClusterMembership::index));
      if (newest.isPresent()) {
        return newest.get();
      }
      if (System.nanoTime() > end) {
        throw new IllegalStateException("nobody says who the members are");
      }
      TimeUnit.MILLISECONDS.sleep(50);
    }
  }

  private Optional<ClusterMembership> membersAccordingTo(int node) {
    try (GrpcClient client = GrpcClient.builder(cluster.endpoint(node)).connect()) {
      return Optional.of(client.admin().withDeadline(QUICKLY).listMembers());
    } catch (DEngineException busy) {
      return Optional.empty();
    }
  }

  private <T> T ask(Function<Admin, T> request) {
    try (GrpcClient client = observer()) {
      return request.apply(client.admin().withDeadline(LONGEST_CALL));
    }
  }

  private GrpcClient observer() {
    return GrpcClient.builder(String.join(",", cluster.endpoints())).connect();
  }

  private static boolean isVoter(ClusterMembership now, int node) {
    return now.member(node).filter(member -> member.standing() == Standing.VOTER).isPresent();
  }

  private static long incarnation(ClusterMembership now, int node) {
    return now.member(node).map(ClusterMember::incarnation).orElse(0L);
  }

  /// How many snapshots arrived anywhere, as the nodes' logs say.
  long snapshotsFetched() throws IOException {
    long count = 0;
    for (int node = 1; node < next; node++) {
      Path log = cluster.log(node);
      if (Files.exists(log)) {
        try (Stream<String> lines = Files.lines(log)) {
          count += lines.filter(line -> line.contains("event=snapshot-fetched")).count();
        }
      }
    }
    return count;
  }
}
