package dengine.grpc;

import dengine.engine.spi.Transport;
import dengine.raft.Message;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/// Remembers what arrives, so that tests can wait for it.
final class RecordingReceiver implements Transport.Receiver {

  record Arrival(int from, Message message) {}

  final BlockingQueue<Arrival> arrivals = new LinkedBlockingQueue<>();
  final BlockingQueue<Integer> losses = new LinkedBlockingQueue<>();

  @Override
  public void received(int from, Message message) {
    arrivals.add(new Arrival(from, message));
  }

  @Override
  public void unreachable(int peer) {
    losses.add(peer);
  }

  Arrival next() throws InterruptedException {
    Arrival arrival = arrivals.poll(10, TimeUnit.SECONDS);
    if (arrival == null) {
      throw new AssertionError("nothing arrived within 10 s");
    }
    return arrival;
  }

  int nextLoss() throws InterruptedException {
    Integer peer = losses.poll(10, TimeUnit.SECONDS);
    if (peer == null) {
      throw new AssertionError("nobody became unreachable within 10 s");
    }
    return peer;
  }
}
