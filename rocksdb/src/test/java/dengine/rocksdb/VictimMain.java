package dengine.rocksdb;

import dengine.kv.KvStore;
import dengine.kv.Snapshots;
import java.nio.file.Path;

/// A process that works on a store until it is killed.
final class VictimMain {

  private VictimMain() {}

  /// Works until it is killed.
  ///
  /// @param args a directory; what to do: `apply` or `restore`; after how many rounds to say so
  public static void main(String[] args) {
    RocksStore store = RocksStore.open(RecoveryTest.options(Path.of(args[0])), History.BUDGET);
    KvStore reference = History.upTo(store.revision());
    int rounds = Integer.parseInt(args[2]);
    for (int round = 1; ; round++) {
      if (args[1].equals("apply")) {
        History.applyNext(store);
      } else {
        History.applyUpTo(reference, reference.revision() + 100);
        Snapshots.restore(store, Snapshots.take(reference), reference.revision());
      }
      if (round == rounds) {
        System.out.println(store.revision());
        System.out.flush();
      }
    }
  }
}
