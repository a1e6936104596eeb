package dengine.testkit.conformance;

import dengine.api.Bytes;
import dengine.kv.Command;
import dengine.kv.KeyValueStore;
import dengine.kv.KvStore;
import dengine.rocksdb.RocksOptions;
import dengine.rocksdb.RocksStore;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Function;
import java.util.random.RandomGenerator;

/// The key-value stores.
record KvSubject(Function<Path, KeyValueStore> opener)
    implements StateMachineSubject<KeyValueStore> {

  static KvSubject inMemory() {
    return new KvSubject(directory -> new KvStore());
  }

  static KvSubject onRocks() {
    return new KvSubject(
        directory ->
            RocksStore.open(
                RocksOptions.of(directory.resolve("state"))
                    .withBlockCacheBytes(1 << 20)
                    .withWriteBufferBytes(64 << 10)));
  }

  @Override
  public KeyValueStore open(Path directory) {
    return opener.apply(directory);
  }

  @Override
  public byte[] command(RandomGenerator random) {
    Bytes key = Bytes.of("key" + random.nextInt(40));
    byte[] value = new byte[random.nextInt(300)];
    random.nextBytes(value);
    Command command =
        switch (random.nextInt(8)) {
          case 0, 1 -> new Command.Delete(key);
          case 2 -> new Command.CompareAndSwap(key, Optional.empty(), Bytes.wrap(value));
          default -> new Command.Put(key, Bytes.wrap(value));
        };
    return command.encode();
  }

  @Override
  public Object digest(KeyValueStore machine) {
    return machine.stateHash();
  }
}
