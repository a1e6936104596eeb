package dengine.testkit.simulation;

import dengine.engine.spi.StateMachine;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;
import java.util.random.RandomGenerator;

/// Whole clusters that replicate a state machine of your own, simulated in one thread: real nodes
/// and logs under lost and late messages, cut links, crashes at any call to the disk, power cuts,
/// failing, slow and damaged disks, pauses, drifting clocks, graceful stops and handovers.
///
/// ```java
/// ClusterSimulation.of(Counter::new)
///     .commands(random -> Counter.add(random.nextInt(10)))
///     .reads(Counter::total)
///     .run(200);
/// ```
///
/// What is checked: every node applies the same commands in the same order with the same results
/// and comes to the same state; what was acknowledged is there, once, and in the order in which it
/// was asked for; no read sees less than was answered before; a new machine that is given the same
/// commands comes to the same. A machine that looks at a clock, at randomness, or at the order of a
/// hash table is found by that.
///
/// The machine must keep everything in memory and start no threads. One simulation is used by one
/// thread.
public final class ClusterSimulation<M extends StateMachine> {

  /// What was simulated.
  ///
  /// @param seeds runs
  /// @param clusterSeconds simulated time of all of them
  /// @param elections leaders that were elected
  /// @param answered calls that ended well
  /// @param unknown calls of which the caller cannot know the outcome
  /// @param events how often which rare things happened
  public record Report(
      long seeds,
      double clusterSeconds,
      long elections,
      long answered,
      long unknown,
      Map<String, Long> events) {}

  private final Supplier<M> machines;
  private Function<RandomGenerator, byte[]> commands =
      random -> new byte[] {(byte) random.nextInt()};
  private Function<M, ?> read = machine -> 0;
  private ToLongFunction<M> digest = machine -> 0;
  private Plan first = Plan.of(1);

  private ClusterSimulation(Supplier<M> machines) {
    this.machines = machines;
  }

  /// Simulates clusters of this machine.
  ///
  /// @param machines makes an empty machine, for each start of each node
  public static <M extends StateMachine> ClusterSimulation<M> of(Supplier<M> machines) {
    return new ClusterSimulation<>(machines);
  }

  /// What users propose; takes all randomness from its argument. A random byte if not called.
  public ClusterSimulation<M> commands(Function<RandomGenerator, byte[]> source) {
    this.commands = source;
    return this;
  }

  /// What readers look at; answers are compared by `equals`, arrays by their content.
  public ClusterSimulation<M> reads(Function<M, ?> what) {
    this.read = what;
    return this;
  }

  /// A digest of all that the machine holds. It is compared after each step of each node, so it
  /// should be cheap. Without one, states are compared by results and reads only.
  public ClusterSimulation<M> digest(ToLongFunction<M> of) {
    this.digest = of;
    return this;
  }

  /// The seed of the first run; 1 if not called.
  public ClusterSimulation<M> from(long seed) {
    this.first = first.seed(seed);
    return this;
  }

  /// A smaller run, as the message of a [Violation] describes it.
  ///
  /// @throws IllegalArgumentException if it describes none
  public ClusterSimulation<M> like(String description) {
    this.first = Plan.of(1).like(List.of(description.strip().split("\\s+")));
    return this;
  }

  /// Runs one cluster after the other, each from its own seed.
  ///
  /// @throws Violation at the first run in which something happened that never may; its message has
  ///     the seed, and the smallest run found that fails as well
  public Report run(int seeds) {
    Subject subject = world -> new Proposers<>(world, this);
    Campaign campaign = new Campaign(subject, first, false);
    Optional<Campaign.Failure> failure = campaign.runHere(seeds);
    if (failure.isPresent()) {
      Campaign.Failure failed = failure.get();
      Plan smallest = new Shrinker(subject).shrink(failed.plan());
      throw new Violation(
          "%s%nrepeat: .from(%d).run(1)%nsmallest run found, %s: .like(\"%s\").run(1)"
              .formatted(
                  failed.cause().getMessage(),
                  failed.plan().seed(),
                  Shrinker.describe(smallest),
                  smallest.flags()),
          failed.cause());
    }
    Totals totals = campaign.totals();
    return new Report(
        totals.seeds(),
        totals.clusterSeconds(),
        totals.elections(),
        totals.answered(),
        totals.unknown(),
        totals.marks());
  }

  Supplier<M> machines() {
    return machines;
  }

  Function<RandomGenerator, byte[]> commands() {
    return commands;
  }

  Function<M, ?> read() {
    return read;
  }

  ToLongFunction<M> digest() {
    return digest;
  }
}
