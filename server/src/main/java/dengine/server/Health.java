package dengine.server;

import dengine.api.Leader;
import dengine.embedded.EmbeddedEngine;
import dengine.grpc.GrpcTransport;
import java.time.Duration;
import java.util.Optional;

/// Tells gRPC's health service whether this node serves: it does while it knows a leader that
/// serves. Looks every 100 ms from a thread of its own, which ends with [#close].
final class Health implements AutoCloseable {

  private static final System.Logger LOG = System.getLogger(Health.class.getName());
  private static final Duration INTERVAL = Duration.ofMillis(100);

  private final EmbeddedEngine engine;
  private final GrpcTransport transport;
  private final Thread watcher;

  Health(EmbeddedEngine engine, GrpcTransport transport) {
    this.engine = engine;
    this.transport = transport;
    this.watcher = Thread.ofVirtual().name("dengine-health").unstarted(this::watch);
  }

  void start() {
    watcher.start();
  }

  private void watch() {
    Optional<Leader> known = Optional.empty();
    while (!engine.terminated().isDone()) {
      Optional<Leader> now = engine.leader();
      if (!now.equals(known)) {
        known = now;
        transport.serving(now.isPresent());
        LOG.log(
            System.Logger.Level.INFO,
            "event=leader node={0} leader={1} term={2}",
            String.valueOf(engine.nodeId()),
            now.map(leader -> String.valueOf(leader.id())).orElse("none"),
            now.map(leader -> String.valueOf(leader.term())).orElse("-"));
      }
      try {
        Thread.sleep(INTERVAL);
      } catch (InterruptedException e) {
        return;
      }
    }
    transport.serving(false);
  }

  @Override
  public void close() {
    watcher.interrupt();
    transport.serving(false);
  }
}
