package dengine.testkit.chaos;

import dengine.testkit.chaos.FaultCounts.Fault;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;

/// Breaks things and mends them: kills, pauses and cuts, each by a thread of its own, so that they
/// overlap in every way. Each fault ends by itself after a while, so a majority is never gone for
/// long.
final class Nemesis {

  /// Answers between the end of a fault and the next one of its kind.
  private static final int ANSWERS_BETWEEN = 300;

  /// Longest wait for them: faults that stop everything must not stop each other.
  private static final Duration MAX_WAIT = Duration.ofSeconds(15);

  private final Target target;
  private final FaultCounts counts;
  private final LongSupplier answers;
  private final List<Thread> threads;
  /// Kinds of cuts still to come in this round; used by the cutter only.
  private final List<Integer> cuts = new ArrayList<>();
  private volatile boolean running = true;

  private interface Torment {
    void once(RandomGenerator random) throws InterruptedException;
  }

  /// @param answers how many answers clients got so far: each kind of fault waits for some before
  ///     it strikes again, so that a slow machine gets faults in proportion to what it serves
  Nemesis(Target target, FaultCounts counts, LongSupplier answers, long seed) {
    this.target = target;
    this.counts = counts;
    this.answers = answers;
    this.threads =
        List.of(
            Thread.ofVirtual().name("killer").unstarted(() -> repeat(this::kill, new Random(seed))),
            Thread.ofVirtual()
                .name("pauser")
                .unstarted(() -> repeat(this::pause, new Random(~seed))),
            Thread.ofVirtual()
                .name("cutter")
                .unstarted(() -> repeat(this::cut, new Random(seed * 31))));
  }

  void start() {
    threads.forEach(Thread::start);
  }

  /// Waits for the faults under way to end and leaves the cluster whole.
  void stop() throws InterruptedException {
    running = false;
    for (Thread thread : threads) {
      thread.join();
    }
    target.nodes().forEach(target::resume);
    target.heal(true);
    target.nodes().forEach(target::start);
  }

  private void repeat(Torment torment, RandomGenerator random) {
    try {
      while (running) {
        awaitAnswers();
        torment.once(random);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void awaitAnswers() throws InterruptedException {
    long enough = answers.getAsLong() + ANSWERS_BETWEEN;
    waitUntil(() -> answers.getAsLong() >= enough);
  }

  private void waitUntil(BooleanSupplier holds) throws InterruptedException {
    long patience = System.nanoTime() + MAX_WAIT.toNanos();
    while (running && !holds.getAsBoolean() && System.nanoTime() < patience) {
      TimeUnit.MILLISECONDS.sleep(20);
    }
  }

  private void kill(RandomGenerator random) throws InterruptedException {
    sleep(random, 800, 2_200);
    int dice = random.nextInt(100);
    if (dice < 6) {
      counts.add(Fault.ALL_KILLED);
      killAndRestart(Set.copyOf(target.nodes()), random);
    } else {
      boolean leader = dice < 65;
      counts.add(leader ? Fault.LEADER_KILLED : Fault.NODE_KILLED);
      killAndRestart(Set.of(leader ? leaderOr(random) : anyone(random)), random);
    }
  }

  private void killAndRestart(Set<Integer> victims, RandomGenerator random)
      throws InterruptedException {
    victims.forEach(target::kill);
    counts.addKills(victims.size());
    sleep(random, 50, 1_000);
    victims.forEach(target::start);
    // Where processes start slowly the next kill would otherwise always hit a cluster without
    // majority.
    waitUntil(() -> victims.stream().allMatch(target::follows));
  }

  private void pause(RandomGenerator random) throws InterruptedException {
    sleep(random, 2_000, 5_000);
    if (!target.canPause()) {
      counts.add(Fault.CANNOT_PAUSE);
      return;
    }
    boolean leader = random.nextInt(100) < 60;
    int victim = leader ? leaderOr(random) : anyone(random);
    counts.add(leader ? Fault.LEADER_PAUSED : Fault.NODE_PAUSED);
    target.pause(victim);
    sleep(random, 100, 2_500);
    target.resume(victim);
  }

  private void cut(RandomGenerator random) throws InterruptedException {
    sleep(random, 1_500, 4_000);
    int leader = leaderOr(random);
    int node = anyone(random);
    switch (nextCut(random)) {
      case 0 -> isolate(Fault.LEADER_ISOLATED, leader);
      case 1 -> isolate(Fault.NODE_ISOLATED, node);
      case 2 -> block(Fault.LEADER_MUTE, Set.of(leader), others(leader));
      case 3 -> block(Fault.LEADER_DEAF, others(leader), Set.of(leader));
      case 4 -> {
        Integer[] rest = others(leader).toArray(Integer[]::new);
        block(Fault.PAIR_ONE_WAY, Set.of(leader), Set.of(rest[random.nextInt(rest.length)]));
      }
      default -> {
        counts.add(Fault.SLOW);
        target.slow(5 + random.nextInt(60));
      }
    }
    sleep(random, 500, 3_000);
    target.heal(random.nextBoolean());
  }

  /// Deals the kinds of cuts like cards, so that a short run sees them all, and a very short one a
  /// partition in both directions and one in one.
  private int nextCut(RandomGenerator random) {
    if (cuts.isEmpty()) {
      cuts.addAll(List.of(0, 1, 2, 3, 4, 5));
      Collections.shuffle(cuts, new Random(random.nextLong()));
      moveToTop(cuts.indexOf(random.nextInt(2)));
      moveToTop(cuts.indexOf(2 + random.nextInt(3)));
    }
    return cuts.removeLast();
  }

  private void moveToTop(int place) {
    Collections.rotate(cuts.subList(place, cuts.size()), -1);
  }

  private void isolate(Fault fault, int node) {
    target.block(Set.of(node), others(node));
    block(fault, others(node), Set.of(node));
  }

  private void block(Fault fault, Set<Integer> from, Set<Integer> to) {
    counts.add(fault);
    target.block(from, to);
  }

  private Set<Integer> others(int node) {
    Set<Integer> others = new HashSet<>(target.nodes());
    others.remove(node);
    return others;
  }

  private int leaderOr(RandomGenerator random) {
    return target.leader().orElseGet(() -> anyone(random));
  }

  private int anyone(RandomGenerator random) {
    return target.nodes().get(random.nextInt(target.nodes().size()));
  }

  private static void sleep(RandomGenerator random, int fromMillis, int toMillis)
      throws InterruptedException {
    TimeUnit.MILLISECONDS.sleep(random.nextInt(fromMillis, toMillis));
  }
}
