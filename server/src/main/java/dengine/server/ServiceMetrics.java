package dengine.server;

import dengine.grpc.ClientServices;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.FunctionTimer;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.concurrent.TimeUnit;

/// What a server does for clients over the network, beside what its engine counts.
///
/// @param node the tag that all meters of a node have
record ServiceMetrics(Tags node, ClientServices services) implements MeterBinder {

  @Override
  public void bindTo(MeterRegistry registry) {
    FunctionCounter.builder("dengine.client.requests", services, s -> s.activity().requests())
        .tags(node)
        .description("reads and writes of clients that came over the network")
        .register(registry);
    FunctionTimer.builder(
            "dengine.client.writes",
            services,
            s -> s.activity().writes(),
            s -> s.activity().writeNanos(),
            TimeUnit.NANOSECONDS)
        .tags(node)
        .description("writes that were acknowledged, and the time from arrival to acknowledgement")
        .register(registry);
  }
}
