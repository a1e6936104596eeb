package dengine.examples.storage;

import dengine.testkit.conformance.Conformance;
import dengine.testkit.conformance.ConformanceTest;
import dengine.testkit.conformance.StorageEngineConformance;
import dengine.testkit.conformance.StorageSubject;

/// The journal keeps the rules for storage engines.
final class JournalStorageConformanceTest extends ConformanceTest {

  @Override
  protected Conformance conformance() {
    return StorageEngineConformance.of(StorageSubject.onDisk(JournalStorage::new));
  }
}
