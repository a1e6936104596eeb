package dengine.kv;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZI_Result;

/// What a writer may drop while readers pin the revision they work at, with room for them and
/// without.
///
/// A reader's result is whether the writer kept what he reads; the number is the revision
/// that the second one has still pinned when the first one is gone.
public final class Pinned {

  private static final int CELLS = 16;

  private Pinned() {}

  /// A writer that publishes revision 2 and two readers. Each pins what he saw and works at what
  /// he sees afterwards.
  static class Race {
    private final Pins pins = new Pins();
    private volatile long published = 1;
    private long kept;
    private int pin;
    private long first;
    private long second;

    Race(int othersBefore) {
      for (int i = 0; i < othersBefore; i++) {
        pins.pin(9);
      }
    }

    void write() {
      published = 2;
      kept = pins.oldest(2);
    }

    void readFirst() {
      pin = pins.pin(published);
      first = published;
    }

    void readSecond() {
      pins.pin(published);
      second = published;
    }

    void judge(ZZI_Result seen) {
      seen.r1 = kept <= first;
      seen.r2 = kept <= second;
      pins.release(pin);
      seen.r3 = (int) pins.oldest(9);
    }
  }

  /// With cells for both.
  @JCStressTest
  @Outcome(
      id = {"true, true, 1", "true, true, 2"},
      expect = Expect.ACCEPTABLE,
      desc = "kept")
  @Outcome(expect = Expect.FORBIDDEN, desc = "dropped under a reader, or a pin was lost")
  @State
  public static class Few extends Race {
    public Few() {
      super(0);
    }

    @Actor
    public void writer() {
      write();
    }

    @Actor
    public void first() {
      readFirst();
    }

    @Actor
    public void second() {
      readSecond();
    }

    @Arbiter
    public void arbiter(ZZI_Result seen) {
      judge(seen);
    }
  }

  /// With every cell taken: the seventeenth reader and the eighteenth, at once.
  @JCStressTest
  @Outcome(
      id = {"true, true, 1", "true, true, 2"},
      expect = Expect.ACCEPTABLE,
      desc = "kept")
  @Outcome(expect = Expect.FORBIDDEN, desc = "dropped under a reader, or a pin was lost")
  @State
  public static class Overflowing extends Race {
    public Overflowing() {
      super(CELLS);
    }

    @Actor
    public void writer() {
      write();
    }

    @Actor
    public void first() {
      readFirst();
    }

    @Actor
    public void second() {
      readSecond();
    }

    @Arbiter
    public void arbiter(ZZI_Result seen) {
      judge(seen);
    }
  }
}
