package dengine.testkit.conformance;

/// The key-value store in memory.
final class KvStoreConformanceTest extends QuietConformanceTest {

  @Override
  protected Conformance conformance() {
    return StateMachineConformance.of(KvSubject.inMemory());
  }
}
