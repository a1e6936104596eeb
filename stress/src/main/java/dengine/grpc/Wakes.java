package dengine.grpc;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;
import org.openjdk.jcstress.infra.results.I_Result;

/// What those may miss who leave work to an event loop, or to whoever has the turn.
public final class Wakes {

  private Wakes() {}

  /// One puts something into a queue while the loop comes to the errand that was asked for before.
  @JCStressTest
  @Outcome(id = "1", expect = Expect.ACCEPTABLE, desc = "fetched")
  @Outcome(expect = Expect.FORBIDDEN, desc = "left in the queue with nobody to come for it")
  @State
  public static class Asked {
    private final Queue<Runnable> steps = new ConcurrentLinkedQueue<>();
    private final Queue<Integer> queue = new ConcurrentLinkedQueue<>();
    private final Errand errand = new Errand(steps::add, this::fetch);
    private int fetched;

    public Asked() {
      errand.ask();
    }

    private void fetch() {
      while (queue.poll() != null) {
        fetched++;
      }
    }

    @Actor
    public void sender() {
      queue.add(1);
      errand.ask();
    }

    @Actor
    public void loop() {
      steps.remove().run();
    }

    @Arbiter
    public void later(I_Result seen) {
      steps.forEach(Runnable::run);
      seen.r1 = fetched;
    }
  }

  /// Two bring news; the turn counts in plain fields: right only if there is one at a time, which
  /// sees what the one before it wrote.
  @JCStressTest
  @Outcome(id = "4, 1111", expect = Expect.ACCEPTABLE, desc = "each once")
  @Outcome(expect = Expect.FORBIDDEN, desc = "lost, doubled, or two turns at a time")
  @State
  public static class Taken {
    private final Queue<Integer> news = new ConcurrentLinkedQueue<>();
    private final Turns turns = new Turns(Runnable::run, this::turn);
    private int items;
    private int sum;

    private void turn() {
      for (Integer next = news.poll(); next != null; next = news.poll()) {
        items++;
        sum += next;
      }
    }

    @Actor
    public void first() {
      news.add(1);
      turns.take();
      news.add(10);
      turns.ask();
    }

    @Actor
    public void second() {
      news.add(100);
      turns.ask();
      news.add(1000);
      turns.take();
    }

    @Arbiter
    public void count(II_Result seen) {
      seen.r1 = items;
      seen.r2 = sum;
    }
  }
}
