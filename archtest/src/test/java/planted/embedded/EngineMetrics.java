package planted.embedded;

/// Names what needs Micrometer, and may.
final class EngineMetrics {
  final LoadMeters load = new LoadMeters();
}
