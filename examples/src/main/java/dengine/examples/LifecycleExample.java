package dengine.examples;

import dengine.api.Leader;
import dengine.api.NodeState;
import dengine.embedded.EmbeddedEngine;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;

/// Work that is done where the leader is, and nowhere else.
final class LifecycleExample {

  private final CountDownLatch over = new CountDownLatch(1);
  private boolean works;

  private LifecycleExample() {}

  /// Told the present state first, then every one after it; one call at a time.
  private void told(NodeState now) {
    switch (now.phase()) {
      case SERVING -> work(now.isLeader());
      case WAITING, STOPPING, UNREACHABLE -> work(false);
      case STOPPED -> over.countDown();
    }
  }

  private void work(boolean should) {
    if (works != should) {
      works = should;
      System.out.println(should ? "works" : "rests");
    }
  }

  public static void main(String[] arguments) throws InterruptedException {
    LifecycleExample example = new LifecycleExample();
    try (EmbeddedEngine engine = EmbeddedEngine.start(Path.of("data"))) {
      engine.lifecycle().watch(example::told);
      Leader leader = engine.lifecycle().waitReady(Duration.ofSeconds(5));
      System.out.println("node " + leader.id() + " leads");
    }
    example.over.await();
    System.out.println("stopped");
  }
}
