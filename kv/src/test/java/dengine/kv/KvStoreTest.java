package dengine.kv;

class KvStoreTest extends KeyValueStoreConformance {

  @Override
  protected KeyValueStore create(Limits limits, ExpiryBudget budget) {
    return new KvStore(limits, budget);
  }
}
