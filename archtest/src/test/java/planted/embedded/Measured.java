package planted.embedded;

/// An engine that starts with its metrics, and not without Micrometer.
final class Measured {
  final EngineMetrics metrics = new EngineMetrics();
}
