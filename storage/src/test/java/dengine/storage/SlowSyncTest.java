package dengine.storage;

import static org.assertj.core.api.Assertions.assertThat;

import dengine.raft.Position;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// How often a snapshot is synced on the way.
class SlowSyncTest {

  private static final int MEBIBYTES = 16;

  @TempDir Path directory;

  private final AtomicInteger syncs = new AtomicInteger();
  private volatile long pauseNanos;

  /// The machine's disk, each sync of which takes a while longer.
  private final Disk disk =
      proxy(
          Disk.class,
          (_, method, arguments) -> {
            Object result = invoke(() -> method.invoke(Disk.system(), arguments));
            return result instanceof Disk.File file ? slow(file) : result;
          });

  private Disk.File slow(Disk.File file) {
    return proxy(
        Disk.File.class,
        (_, method, arguments) -> {
          if (method.getName().equals("force")) {
            syncs.incrementAndGet();
            for (long end = System.nanoTime() + pauseNanos; System.nanoTime() < end; ) {
              LockSupport.parkNanos(pauseNanos);
            }
          }
          return invoke(() -> method.invoke(file, arguments));
        });
  }

  private interface Call {
    Object run() throws ReflectiveOperationException;
  }

  private static Object invoke(Call call) throws Throwable {
    try {
      return call.run();
    } catch (InvocationTargetException e) {
      throw e.getCause();
    }
  }

  private static <T> T proxy(Class<T> type, InvocationHandler handler) {
    return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler));
  }

  private int syncsOfASnapshot(StorageOptions options) {
    try (FileStorageEngine engine = Changes.open(directory, options.withDisk(disk))) {
      syncs.set(0);
      Snapshots.take(engine.snapshots(), new Position(5, 1), new byte[MEBIBYTES << 20]);
      return syncs.get();
    }
  }

  @Test
  void whereSyncsTakeLongThereAreFewer() {
    pauseNanos = 5_000_000;

    assertThat(syncsOfASnapshot(StorageOptions.DEFAULT)).isLessThan(MEBIBYTES);
  }

  @Test
  void aSimulationSyncsEachTimeTheSame() {
    pauseNanos = 5_000_000;

    assertThat(syncsOfASnapshot(StorageOptions.DEFAULT.withoutBackground()))
        .isGreaterThanOrEqualTo(4 * MEBIBYTES);
  }
}
