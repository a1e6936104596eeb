package dengine.testkit.simulation;

import java.util.PriorityQueue;

/// What is going to happen, by simulated time in nanoseconds; what is due at the same time happens
/// in the order in which it was entered.
final class Agenda {

  private record Item(long time, long number, Runnable action) implements Comparable<Item> {
    @Override
    public int compareTo(Item other) {
      return time == other.time
          ? Long.compare(number, other.number)
          : Long.compare(time, other.time);
    }
  }

  private final PriorityQueue<Item> items = new PriorityQueue<>();
  private final Thread owner = Thread.currentThread();
  private Runnable afterEach = () -> {};
  private long now;
  private long entered;
  private long done;

  /// What is done after each item.
  void afterEach(Runnable check) {
    afterEach = check;
  }

  long now() {
    return now;
  }

  /// Items done so far.
  long done() {
    return done;
  }

  void at(long time, Runnable action) {
    if (!Thread.currentThread().equals(owner)) {
      throw new IllegalStateException("a second thread: the simulation is not closed");
    }
    items.add(new Item(Math.max(time, now), entered++, action));
  }

  void in(long delay, Runnable action) {
    at(now + delay, action);
  }

  /// Lets everything happen that is due up to `time`.
  void runUntil(long time) {
    while (!items.isEmpty() && items.peek().time <= time) {
      Item item = items.remove();
      now = item.time;
      done++;
      item.action.run();
      afterEach.run();
    }
    now = Math.max(now, time);
  }
}
