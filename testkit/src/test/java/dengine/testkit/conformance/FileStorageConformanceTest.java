package dengine.testkit.conformance;

/// Our files, on the disk of this machine.
final class FileStorageConformanceTest extends QuietConformanceTest {

  @Override
  protected Conformance conformance() {
    return StorageEngineConformance.of(FileSubject.real());
  }
}
