package dengine.kv;

class KvStoreTest extends KeyValueStoreConformance {

  @Override
  protected KeyValueStore create(Limits limits) {
    return new KvStore(limits);
  }
}
