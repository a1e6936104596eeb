package dengine.testkit.cluster;

import dengine.raft.Message;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/// Messages on their way from one node to another, in order.
final class MemoryLink {

  private record Sent(long due, Message message) {}

  private final MemoryNetwork network;
  private final int from;
  private final int to;
  private final MemoryTransport sender;
  private final BlockingQueue<Sent> queue = new ArrayBlockingQueue<>(MemoryNetwork.MAX_QUEUED);
  private final Thread carrier;

  MemoryLink(MemoryNetwork network, int from, int to, MemoryTransport sender) {
    this.network = network;
    this.from = from;
    this.to = to;
    this.sender = sender;
    this.carrier = Thread.ofVirtual().name("link-" + from + "-" + to).start(this::carry);
  }

  void send(Message message) {
    MemoryNetwork.Condition condition = network.condition(from, to);
    ThreadLocalRandom random = ThreadLocalRandom.current();
    if (condition.blocked() || random.nextDouble() < condition.loss()) {
      network.countLoss();
      return;
    }
    long spread = condition.maxDelay().minus(condition.minDelay()).toNanos();
    long delay = condition.minDelay().toNanos() + (spread == 0 ? 0 : random.nextLong(spread));
    if (!queue.offer(new Sent(System.nanoTime() + delay, message))) {
      network.countLoss();
      sender.unreachable(to);
    }
  }

  void close() {
    carrier.interrupt();
  }

  private void carry() {
    try {
      while (true) {
        Sent sent = queue.take();
        TimeUnit.NANOSECONDS.sleep(sent.due() - System.nanoTime());
        if (!network.deliver(from, to, sent.message())) {
          sender.unreachable(to);
        }
      }
    } catch (InterruptedException e) {
      // Closed: messages that are still here are lost with it.
    }
  }
}
