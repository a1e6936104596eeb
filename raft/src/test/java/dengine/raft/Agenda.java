package dengine.raft;

import java.util.Comparator;
import java.util.PriorityQueue;

/// What is going to happen, by simulated time; what is due at the same time happens in the order it
/// was entered.
final class Agenda {

  private record Item(long time, long number, Runnable action) {}

  private final PriorityQueue<Item> items =
      new PriorityQueue<>(Comparator.comparingLong(Item::time).thenComparingLong(Item::number));
  private long now;
  private long count;

  long now() {
    return now;
  }

  void at(long time, Runnable action) {
    items.add(new Item(Math.max(time, now), count++, action));
  }

  void in(long delay, Runnable action) {
    at(now + delay, action);
  }

  /// Lets everything happen that is due up to `time`.
  void runUntil(long time) {
    while (!items.isEmpty() && items.peek().time <= time) {
      Item item = items.remove();
      now = item.time;
      item.action.run();
    }
    now = time;
  }
}
