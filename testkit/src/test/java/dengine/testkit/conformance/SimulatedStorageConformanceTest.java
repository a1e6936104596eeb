package dengine.testkit.conformance;

/// Our files, on a disk to which everything can be done.
final class SimulatedStorageConformanceTest extends QuietConformanceTest {

  @Override
  protected Conformance conformance() {
    return StorageEngineConformance.of(new FileSubject());
  }
}
