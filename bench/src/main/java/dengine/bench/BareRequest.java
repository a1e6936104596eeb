package dengine.bench;

import dengine.api.Bytes;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/// A write, or a read that waits for its round, on its way through [BareLeader].
final class BareRequest {

  final Bytes key;
  final Bytes value;
  private final @Nullable Runnable callback;
  private volatile boolean done;
  private volatile @Nullable Thread waiter;

  BareRequest(Bytes key, Bytes value, @Nullable Runnable callback) {
    this.key = key;
    this.value = value;
    this.callback = callback;
  }

  void complete() {
    done = true;
    if (callback != null) {
      callback.run();
      return;
    }
    Thread blocked = waiter;
    if (blocked != null) {
      LockSupport.unpark(blocked);
    }
  }

  void await() {
    waiter = Thread.currentThread();
    while (!done) {
      LockSupport.park(this);
    }
  }
}
