package dengine.testkit.chaos;

import dengine.testkit.chaos.FaultCounts.Fault;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.IntPredicate;

/// Kills, freezes, cuts off and slows down nodes, one fault after the other, and only those nodes,
/// and so many of them at a time, as it is told to: what a configuration cannot bear shows nothing.
final class Torment implements AutoCloseable {

  private static final long BACK_NANOS = TimeUnit.MINUTES.toNanos(2);

  private final Target target;
  private final IntPredicate back;
  private final FaultCounts counts;
  private final Random random;
  private final List<Integer> kinds = new ArrayList<>();
  private final List<String> troubles = Collections.synchronizedList(new ArrayList<>());
  private final Thread thread = Thread.ofVirtual().name("torment").unstarted(this::run);
  private volatile Allowed allowed = new Allowed(Set.of(), 0);
  private volatile boolean running = true;

  private record Allowed(Set<Integer> nodes, int atMost) {}

  /// @param back whether a node is there again, so that another one may suffer
  Torment(Target target, IntPredicate back, FaultCounts counts, long seed) {
    this.target = target;
    this.back = back;
    this.counts = counts;
    this.random = new Random(seed);
    thread.start();
  }

  /// From now on only these nodes suffer, at most so many at a time. Returns when the fault that is
  /// under way is over.
  void allow(Set<Integer> nodes, int atMost) {
    allowed = new Allowed(Set.copyOf(nodes), atMost);
    settle();
  }

  /// Nobody suffers any more; returns when all are whole.
  void rest() {
    allow(Set.of(), 0);
  }

  /// Waits for a fault under way: faults are inflicted by a thread that holds this monitor.
  private synchronized void settle() {
    assert Thread.holdsLock(this);
  }

  /// What did not come back.
  List<String> troubles() {
    return List.copyOf(troubles);
  }

  private void run() {
    try {
      while (running) {
        sleep(400, 1_500);
        strike();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  // A monitor, because a fault must be over before the members change: there is no other owner.
  private synchronized void strike() throws InterruptedException {
    Allowed now = allowed;
    if (now.nodes.isEmpty() || now.atMost < 1) {
      return;
    }
    Set<Integer> victims = choose(now);
    switch (nextKind()) {
      case 0 -> kill(victims);
      case 1 -> freeze(victims);
      case 2 -> cut(Fault.NODE_ISOLATED, victims, true, true);
      case 3 -> cut(Fault.LEADER_DEAF, victims, false, true);
      case 4 -> cut(Fault.LEADER_MUTE, victims, true, false);
      default -> slow();
    }
    awaitBack(victims);
  }

  /// The leader more often than others.
  private Set<Integer> choose(Allowed now) {
    List<Integer> order = new ArrayList<>(now.nodes);
    Collections.shuffle(order, random);
    if (random.nextInt(100) < 40) {
      target
          .leader()
          .filter(order::contains)
          .ifPresent(
              leader -> {
                order.removeIf(leader::equals);
                order.addFirst(leader);
              });
    }
    return new HashSet<>(order.subList(0, Math.min(order.size(), 1 + random.nextInt(now.atMost))));
  }

  private int nextKind() {
    if (kinds.isEmpty()) {
      kinds.addAll(List.of(0, 0, 1, 2, 3, 4, 5));
      Collections.shuffle(kinds, random);
    }
    return kinds.removeLast();
  }

  private void kill(Set<Integer> victims) throws InterruptedException {
    boolean leader = target.leader().filter(victims::contains).isPresent();
    counts.add(leader ? Fault.LEADER_KILLED : Fault.NODE_KILLED);
    victims.forEach(target::kill);
    counts.addKills(victims.size());
    sleep(50, 800);
    victims.forEach(target::start);
  }

  private void freeze(Set<Integer> victims) throws InterruptedException {
    boolean leader = target.leader().filter(victims::contains).isPresent();
    counts.add(leader ? Fault.LEADER_PAUSED : Fault.NODE_PAUSED);
    victims.forEach(target::pause);
    sleep(100, 2_000);
    victims.forEach(target::resume);
  }

  private void cut(Fault fault, Set<Integer> victims, boolean away, boolean towards)
      throws InterruptedException {
    counts.add(fault);
    Set<Integer> others = new HashSet<>(target.nodes());
    others.removeAll(victims);
    if (away) {
      target.block(victims, others);
    }
    if (towards) {
      target.block(others, victims);
    }
    sleep(500, 2_500);
    target.heal(random.nextBoolean());
  }

  private void slow() throws InterruptedException {
    counts.add(Fault.SLOW);
    target.slow(5 + random.nextInt(60));
    sleep(500, 2_000);
    target.heal(false);
  }

  /// Two faults must not add up to more than is allowed.
  private void awaitBack(Set<Integer> victims) throws InterruptedException {
    long end = System.nanoTime() + BACK_NANOS;
    for (int victim : victims) {
      while (running && target.nodes().contains(victim) && !back.test(victim)) {
        if (System.nanoTime() > end) {
          troubles.add("node " + victim + " does not come back to follow a leader");
          return;
        }
        TimeUnit.MILLISECONDS.sleep(50);
      }
    }
  }

  private void sleep(int fromMillis, int toMillis) throws InterruptedException {
    TimeUnit.MILLISECONDS.sleep(random.nextInt(fromMillis, toMillis));
  }

  @Override
  public void close() {
    running = false;
    rest();
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
