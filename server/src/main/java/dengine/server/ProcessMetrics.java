package dengine.server;

import io.micrometer.core.instrument.FunctionTimer;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// What the Java virtual machine and the operating system say about this process, for a server that
/// has it to itself.
///
/// @param node the tag that all meters of a node have
record ProcessMetrics(Tags node) implements MeterBinder {

  @Override
  public void bindTo(MeterRegistry registry) {
    List.of(
            new JvmMemoryMetrics(node),
            new JvmThreadMetrics(node),
            new ProcessorMetrics(node),
            new FileDescriptorMetrics(node),
            new UptimeMetrics(node))
        .forEach(meters -> meters.bindTo(registry));
    // Micrometer's own meters of collections come to be with the first one and keep a listener in
    // the virtual machine; these are there from the start, and nothing has to be taken back.
    for (GarbageCollectorMXBean collector : ManagementFactory.getGarbageCollectorMXBeans()) {
      FunctionTimer.builder(
              "jvm.gc.collection",
              collector,
              GarbageCollectorMXBean::getCollectionCount,
              GarbageCollectorMXBean::getCollectionTime,
              TimeUnit.MILLISECONDS)
          .tags(node.and("gc", collector.getName()))
          .description("number and time of garbage collections")
          .register(registry);
    }
  }
}
