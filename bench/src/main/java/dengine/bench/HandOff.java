package dengine.bench;

import dengine.api.Bytes;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;

/// What a hand-off costs without anything behind it: a queue, and a virtual thread that takes
/// all that waits, looks each key up and lets the callers go.
final class HandOff implements AutoCloseable {

  private final Map<Bytes, byte[]> map = new HashMap<>();
  private final ConcurrentLinkedQueue<BareRequest> queue = new ConcurrentLinkedQueue<>();
  private final Bytes[] keys;
  private final Thread loop;
  private volatile boolean asleep;
  private volatile boolean closed;

  HandOff(Bytes[] keys) {
    this.keys = keys;
    for (Bytes key : keys) {
      map.put(key, Payload.VALUE.toByteArray());
    }
    loop = Thread.startVirtualThread(this::loop);
  }

  Side.Load blocking(int callers) {
    return Callers.virtual(
        callers,
        keys.length,
        key -> {
          BareRequest request = new BareRequest(keys[key], Bytes.EMPTY, null);
          queue.add(request);
          if (asleep) {
            LockSupport.unpark(loop);
          }
          request.await();
        });
  }

  @SuppressWarnings("ThreadPriorityCheck") // lets the callers in, so that batches grow
  private void loop() {
    List<BareRequest> batch = new ArrayList<>();
    boolean yielded = false;
    while (!closed) {
      for (BareRequest next = queue.poll(); next != null; next = queue.poll()) {
        batch.add(next);
      }
      if (!batch.isEmpty()) {
        yielded = false;
        for (BareRequest request : batch) {
          if (map.get(request.key) == null) {
            throw new IllegalStateException("not found");
          }
        }
        batch.forEach(BareRequest::complete);
        batch.clear();
      } else if (!yielded) {
        yielded = true;
        Thread.yield();
      } else {
        asleep = true;
        if (queue.isEmpty()) {
          LockSupport.park(this);
        }
        asleep = false;
      }
    }
  }

  @Override
  public void close() {
    closed = true;
    LockSupport.unpark(loop);
  }
}
