package dengine.testkit.conformance;

/// The key-value store on RocksDB.
final class RocksStoreConformanceTest extends QuietConformanceTest {

  @Override
  protected Conformance conformance() {
    return StateMachineConformance.of(KvSubject.onRocks());
  }
}
