package dengine.embedded;

import dengine.engine.NodeStatus;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.FunctionTimer;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/// The meters of one engine in one registry. They know the engine by a weak reference, and the
/// functions that are given here must not hold on to it either: a registry lives as long as its
/// process, and whatever it held would never be found to be lost, or be collected when it is over.
final class Meters {

  static final String BYTES = "bytes";
  static final String SECONDS = "seconds";
  static final String ENTRIES = "entries";

  /// For numbers of what their names say.
  static final @Nullable String NO_UNIT = null;

  private final MeterRegistry registry;
  private final EmbeddedEngine engine;
  private final LatestStatus status;
  private final Tags node;

  /// @param status shared by all meters
  Meters(MeterRegistry registry, EmbeddedEngine engine, LatestStatus status) {
    this.registry = registry;
    this.engine = engine;
    this.status = status;
    this.node = tags(engine);
  }

  /// A registry gives whoever asks for a meter that it has that one, which looks at another engine.
  static void removeThoseOf(int node, MeterRegistry registry) {
    String number = String.valueOf(node);
    for (Meter meter : registry.getMeters()) {
      Meter.Id id = meter.getId();
      if (id.getName().startsWith("dengine.") && number.equals(id.getTag("node"))) {
        registry.remove(meter);
      }
    }
  }

  static Tags tags(EmbeddedEngine engine) {
    return Tags.of("node", String.valueOf(engine.nodeId()));
  }

  /// A number that rises and falls.
  void gauge(
      String name,
      @Nullable String unit,
      String description,
      ToDoubleFunction<EmbeddedEngine> value) {
    Gauge.builder(name, engine, value)
        .tags(node)
        .baseUnit(unit)
        .description(description)
        .register(registry);
  }

  /// The same of a node's state.
  void statusGauge(
      String name, @Nullable String unit, String description, ToDoubleFunction<NodeStatus> value) {
    LatestStatus shared = status;
    gauge(name, unit, description, e -> value.applyAsDouble(shared.of(e::status)));
  }

  /// A number that only rises.
  void counter(String name, String description, ToDoubleFunction<EmbeddedEngine> value) {
    counter(name, NO_UNIT, description, Tags.empty(), value);
  }

  /// One of several that have the same name.
  ///
  /// @param tag its name
  /// @param is its value, which tells this one from the others
  void counter(
      String name,
      @Nullable String unit,
      String description,
      String tag,
      String is,
      ToDoubleFunction<EmbeddedEngine> value) {
    counter(name, unit, description, Tags.of(tag, is), value);
  }

  private void counter(
      String name,
      @Nullable String unit,
      String description,
      Tags which,
      ToDoubleFunction<EmbeddedEngine> value) {
    FunctionCounter.builder(name, engine, value)
        .tags(node.and(which))
        .baseUnit(unit)
        .description(description)
        .register(registry);
  }

  /// How often something was done, and the nanoseconds it took in all.
  void timer(
      String name,
      String description,
      ToLongFunction<EmbeddedEngine> count,
      ToDoubleFunction<EmbeddedEngine> nanos) {
    FunctionTimer.builder(name, engine, count, nanos, TimeUnit.NANOSECONDS)
        .tags(node)
        .description(description)
        .register(registry);
  }
}
