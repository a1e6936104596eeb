package dengine.storage;

import static dengine.storage.Changes.entries;
import static dengine.storage.Changes.entry;
import static dengine.storage.Changes.vote;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dengine.engine.spi.MetaStore.Identity;
import dengine.engine.spi.StorageException;
import dengine.raft.Membership;
import dengine.raft.Position;
import dengine.storage.NewDirectory.Founding;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NewDirectoryTest {

  private static final StorageOptions OPTIONS = Changes.SMALL;
  private static final Position COVERED = new Position(1, 1);
  private static final Founding FOUNDING =
      new Founding(
          new Identity(0x1234, 3),
          99,
          Membership.of(3)
              .withDetails(Map.of(3, new Membership.Member("localhost:1", 99, false, 0))));

  @TempDir Path parent;

  private Path made;
  private Path snapshot;

  @BeforeEach
  void aSnapshot() {
    made = parent.resolve("made");
    Path old = parent.resolve("old");
    try (FileStorageEngine engine = Changes.open(old, OPTIONS)) {
      engine.meta().found(Membership.of(1, 2, 3));
      engine.log().append(List.of(vote(1, 1, 1), entries(1, entry(1, 1, 10))));
      engine.log().force();
      Snapshots.take(engine.snapshots(), COVERED);
    }
    snapshot = old.resolve(SnapshotNames.finished(COVERED));
  }

  @Test
  void aDirectoryThatSomebodyElseFinishedMeanwhileIsLeftAlone() {
    Founding theirs =
        new Founding(new Identity(0x5678, 3), FOUNDING.incarnation(), FOUNDING.members());
    StorageOptions options =
        OPTIONS.withDisk(atFirstLock(() -> NewDirectory.restore(OPTIONS, snapshot, made, theirs)));

    assertThatThrownBy(() -> NewDirectory.restore(options, snapshot, made, FOUNDING))
        .isInstanceOf(StorageException.class);

    assertThat(made.resolve(SnapshotNames.finished(COVERED))).exists();
    FileStorageEngine.open(made, theirs.owner(), OPTIONS).close();
  }

  private static Disk atFirstLock(Runnable somethingElse) {
    AtomicBoolean first = new AtomicBoolean(true);
    return (Disk)
        Proxy.newProxyInstance(
            Disk.class.getClassLoader(),
            new Class<?>[] {Disk.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("lock") && first.getAndSet(false)) {
                somethingElse.run();
              }
              try {
                return method.invoke(Disk.system(), arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }
}
