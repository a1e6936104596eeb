package dengine.kv;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;
import org.openjdk.jcstress.infra.results.Z_Result;

/// What a writer may drop while readers pin the revision they work at, and what readers do to each
/// other's pins where there are more of them than cells. Two threads each: with more, a machine of
/// two cores would run none of it.
public final class Pinned {

  private static final int CELLS = 16;
  private static final long NEVER = 9;

  private Pinned() {}

  private static Pins crowded() {
    Pins pins = new Pins();
    for (int i = 0; i < CELLS; i++) {
      pins.pin(NEVER);
    }
    return pins;
  }

  /// A writer that publishes revision 2, and the seventeenth reader, who pins what he saw and works
  /// at what he sees afterwards.
  @JCStressTest
  @Outcome(id = "true", expect = Expect.ACCEPTABLE, desc = "kept")
  @Outcome(expect = Expect.FORBIDDEN, desc = "dropped under a reader")
  @State
  public static class Written {
    private final Pins pins = crowded();
    private volatile long published = 1;
    private long kept;
    private long read;

    @Actor
    public void writer() {
      published = 2;
      kept = pins.oldest(2);
    }

    @Actor
    public void reader() {
      pins.pin(published);
      read = published;
    }

    @Arbiter
    public void judge(Z_Result seen) {
      seen.r1 = kept <= read;
    }
  }

  /// The seventeenth reader and the eighteenth, at once: each has a pin of his own, which is there
  /// until he goes.
  @JCStressTest
  @Outcome(id = "1, 2, 9", expect = Expect.ACCEPTABLE, desc = "both there until they go")
  @Outcome(expect = Expect.FORBIDDEN, desc = "a pin was lost, shared or left behind")
  @State
  public static class Overflowing {
    private final Pins pins = crowded();
    private int first;
    private int second;

    @Actor
    public void first() {
      first = pins.pin(1);
    }

    @Actor
    public void second() {
      second = pins.pin(2);
    }

    @Arbiter
    public void judge(III_Result seen) {
      seen.r1 = (int) pins.oldest(NEVER);
      pins.release(first);
      seen.r2 = (int) pins.oldest(NEVER);
      pins.release(second);
      seen.r3 = (int) pins.oldest(NEVER);
    }
  }
}
