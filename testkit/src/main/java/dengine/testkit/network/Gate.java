package dengine.testkit.network;

import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/// Where bytes wait while a link holds them. For any number of threads.
final class Gate {

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private volatile LinkMode mode = new LinkMode.Pass();
  private boolean open;

  LinkMode mode() {
    return mode;
  }

  void set(LinkMode next) {
    lock.lock();
    try {
      mode = next;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /// Lets everything through for good.
  void open() {
    lock.lock();
    try {
      open = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /// Waits until bytes of this direction may pass.
  void pass(boolean forward) throws InterruptedException {
    if (!mode.holds(forward)) {
      return;
    }
    lock.lock();
    try {
      while (mode.holds(forward) && !open) {
        changed.await();
      }
    } finally {
      lock.unlock();
    }
  }
}
