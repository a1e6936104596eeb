package dengine.engine;

import dengine.raft.RoleChange;
import java.util.List;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;
import org.openjdk.jcstress.infra.results.II_Result;

/// What threads that meet in the node's hand-offs may see.
public final class Handoffs {

  private Handoffs() {}

  /// Counts in plain fields what it is given: right only if there is one runner at a time, which
  /// sees what the one before it wrote.
  private static final class Tally {
    private int items;
    private int sum;

    void add(List<Integer> batch) {
      for (int item : batch) {
        items++;
        sum += item;
      }
    }
  }

  /// Two threads submit to an idle executor; the runner is one of them at a time.
  @JCStressTest
  @Outcome(id = "4, 1111, 0", expect = Expect.ACCEPTABLE, desc = "each once")
  @Outcome(expect = Expect.FORBIDDEN, desc = "lost, doubled, or two runners")
  @State
  public static class Submitted {
    private final Tally tally = new Tally();
    private final SerialExecutor<Integer> executor =
        new SerialExecutor<>(Runnable::run, 10, tally::add);

    @Actor
    public void first() {
      executor.submit(1, true);
      executor.submit(10, false);
    }

    @Actor
    public void second() {
      executor.submit(100, false);
      executor.submit(1000, true);
    }

    @Arbiter
    public void count(III_Result seen) {
      seen.r1 = tally.items;
      seen.r2 = tally.sum;
      seen.r3 = executor.backlog();
    }
  }

  /// A run that is claimed by its carrier and taken over by another thread at the same time.
  @JCStressTest
  @Outcome(id = "3, 111, 0", expect = Expect.ACCEPTABLE, desc = "each once")
  @Outcome(expect = Expect.FORBIDDEN, desc = "lost, doubled, or two runners")
  @State
  public static class TakenOver {
    private final Tally tally = new Tally();
    private final SerialExecutor<Integer> executor =
        new SerialExecutor<>(Runnable::run, 1, tally::add);

    @Actor
    public void carrier() {
      executor.submitTogether(1, () -> executor.submit(10, true));
    }

    @Actor
    public void ticker() {
      executor.takeOver();
      executor.submit(100, false);
      executor.takeOver();
    }

    @Arbiter
    public void count(III_Result seen) {
      seen.r1 = tally.items;
      seen.r2 = tally.sum;
      seen.r3 = executor.backlog();
    }
  }

  /// Two ends of one call, and what is told to both who wait for it: the one that came first, as a
  /// whole object.
  @JCStressTest
  @Outcome(
      id = {"1, 1, 1", "2, 2, 2"},
      expect = Expect.ACCEPTABLE,
      desc = "one end, which stays")
  @Outcome(expect = Expect.FORBIDDEN, desc = "torn, or another one later")
  @State
  public static class Ended {
    private final ReadCall call = new ReadCall(0, null);

    @Actor
    public void first(III_Result seen) {
      call.succeed(new int[] {1});
      seen.r1 = result();
    }

    @Actor
    public void second(III_Result seen) {
      call.succeed(new int[] {2});
      seen.r2 = result();
    }

    @Arbiter
    public void later(III_Result seen) {
      seen.r3 = result();
    }

    private int result() {
      return call.await() instanceof int[] end ? end[0] : -1;
    }
  }

  /// A leader gets a lease, and then steps down and withdraws it before its messages leave. Who
  /// reads the lease sees all of one, and who knows that the messages left sees none: another node
  /// may lead. The first number says whether they left, the others are term and end of the lease.
  @JCStressTest
  @Outcome(
      id = {"0, 0, 0", "0, 1, 100", "0, 2, 200", "1, 0, 0"},
      expect = Expect.ACCEPTABLE,
      desc = "whole, and none once the messages left")
  @Outcome(expect = Expect.FORBIDDEN, desc = "torn, or used beside another leader")
  @State
  public static class Withdrawn {
    private final Standing standing = new Standing(new RoleChange(1, RoleChange.Kind.LEADER, 1));
    private volatile boolean left;

    @Actor
    public void turns() {
      standing.publish(100, true);
      standing.announce(new RoleChange(2, RoleChange.Kind.LEADER, 1));
      standing.publish(200, true);
      standing.announce(new RoleChange(3, RoleChange.Kind.FOLLOWER, 2));
      standing.publish(Long.MIN_VALUE, false);
      left = true;
    }

    @Actor
    public void reader(III_Result seen) {
      seen.r1 = left ? 1 : 0;
      Lease lease = standing.lease();
      seen.r2 = (int) lease.term();
      seen.r3 = lease.until() == Long.MIN_VALUE ? 0 : (int) lease.until();
    }
  }

  /// Two looks at the lease of a leader that withdraws it, as around a read: who has it after the
  /// read for the term of before has had it all the while.
  @JCStressTest
  @Outcome(
      id = {"0, 0", "0, 1", "0, 2", "1, 1", "1, 0", "1, 2", "2, 2"},
      expect = Expect.ACCEPTABLE,
      desc = "in the order they were held")
  @Outcome(expect = Expect.FORBIDDEN, desc = "back in time")
  @State
  public static class HeldAllTheWhile {
    private final Standing standing = new Standing(new RoleChange(1, RoleChange.Kind.LEADER, 1));

    @Actor
    public void turns() {
      standing.publish(100, true);
      standing.publish(Long.MIN_VALUE, false);
      standing.announce(new RoleChange(2, RoleChange.Kind.LEADER, 1));
      standing.publish(200, true);
    }

    @Actor
    public void reader(II_Result seen) {
      seen.r1 = (int) standing.lease().term();
      seen.r2 = (int) standing.lease().term();
    }
  }
}
