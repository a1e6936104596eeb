package dengine.storage;

import static org.assertj.core.api.Assertions.assertThat;

import dengine.engine.spi.SnapshotStore;
import dengine.engine.spi.SnapshotStore.Reading;
import dengine.raft.Position;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// How large files go that nobody needs any more.
@Timeout(60)
class DisposalTest {

  private static final Position FIRST = new Position(5, 1);
  private static final Position SECOND = new Position(9, 1);

  @TempDir Path directory;

  private final CountDownLatch begun = new CountDownLatch(1);
  private final CountDownLatch mayGoOn = new CountDownLatch(1);
  private final CountDownLatch ended = new CountDownLatch(1);
  private final Thread log = Thread.currentThread();
  private volatile boolean full;

  /// The machine's disk, which deletes in steps only once the test lets it.
  private final Disk disk =
      (Disk)
          Proxy.newProxyInstance(
              Disk.class.getClassLoader(),
              new Class<?>[] {Disk.class},
              (_, method, arguments) -> {
                boolean inSteps = method.getName().equals("deleteInSteps");
                if (inSteps) {
                  begun.countDown();
                  mayGoOn.await();
                }
                if (full && method.getName().equals("create")) {
                  if (Thread.currentThread().equals(log)) { // not when it is made in advance
                    mayGoOn.countDown();
                  }
                  throw new IOException("No space left on device");
                }
                try {
                  return method.invoke(Disk.system(), arguments);
                } catch (InvocationTargetException e) {
                  throw e.getCause();
                } finally {
                  if (inSteps) {
                    full = false;
                    ended.countDown();
                  }
                }
              });

  private FileStorageEngine open() {
    return Changes.open(directory, StorageOptions.DEFAULT.withDisk(disk));
  }

  private List<String> snapshotFiles() throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.startsWith("snapshot-"))
          .sorted()
          .toList();
    }
  }

  private String name(Position position) {
    return Snapshots.file(position).getFileName().toString();
  }

  @Test
  void whatIsNotNeededHasNoNameAtOnceAndNoSpaceSoon() throws Exception {
    try (FileStorageEngine engine = open()) {
      SnapshotStore store = engine.snapshots();
      Snapshots.take(store, FIRST, Snapshots.random(3_000_000));
      Snapshots.take(store, SECOND);

      store.retain(1);

      begun.await();
      assertThat(snapshotFiles()).containsExactly(name(FIRST) + ".gone", name(SECOND));
      mayGoOn.countDown();
      ended.await();
      assertThat(snapshotFiles()).containsExactly(name(SECOND));
    }
  }

  @Test
  void whatIsOnItsWayOutIsCountedUntilItsSpaceIsBack() throws Exception {
    Path large = Files.write(directory.resolve("snapshot-1"), new byte[3_000_000]);
    Path small = Files.write(directory.resolve("snapshot-2"), new byte[1000]);
    Path inUse = Files.write(directory.resolve("snapshot-3"), new byte[10]);
    Disposal disposal = new Disposal(directory, StorageOptions.DEFAULT.withDisk(disk));

    List<Path> gone = disposal.takeNames(List.of(large, small, inUse));
    gone.subList(0, 2).forEach(disposal::giveBack);

    begun.await();
    assertThat(disposal.waitingBytes()).isEqualTo(3_001_010);
    mayGoOn.countDown();
    disposal.finish();
    assertThat(disposal.waitingBytes()).as("somebody reads it").isEqualTo(10);
    disposal.giveBack(gone.getLast());
    disposal.finish();
    assertThat(disposal.waitingBytes()).isZero();
    disposal.close();
  }

  @Test
  void whatWasLeftGoesAtTheNextStart() throws Exception {
    try (FileStorageEngine engine = open()) {
      Snapshots.take(engine.snapshots(), FIRST);
      Snapshots.take(engine.snapshots(), SECOND);
    }
    Path left = directory.resolve(name(FIRST) + ".gone");
    Files.move(directory.resolve(name(FIRST)), left);

    try (FileStorageEngine engine = open()) {
      assertThat(engine.snapshots().list()).hasSize(1);
      assertThat(left).doesNotExist();
    }
  }

  @Test
  void whatSomebodyReadsStaysWholeUntilHeClosesIt() throws Exception {
    byte[] content = Snapshots.random(3_000_000);
    try (FileStorageEngine engine = open()) {
      SnapshotStore store = engine.snapshots();
      Snapshots.take(store, FIRST, content);
      Snapshots.take(store, SECOND);
      try (Reading reading = store.open(FIRST);
          InputStream stream = reading.stream()) {
        store.retain(1);
        mayGoOn.countDown();

        assertThat(snapshotFiles()).containsExactly(name(FIRST) + ".gone", name(SECOND));
        assertThat(stream.readAllBytes()).isEqualTo(content);
        assertThat(begun.getCount()).as("nobody touches it").isEqualTo(1);
      }

      ended.await();
      assertThat(snapshotFiles()).containsExactly(name(SECOND));
    }
  }

  @Test
  void noMoreThanAFewWait() throws Exception {
    Disposal disposal = new Disposal(directory, StorageOptions.DEFAULT.withDisk(disk));
    List<Path> files = new ArrayList<>();
    for (int i = 0; i < 7; i++) {
      files.add(Files.createFile(directory.resolve("snapshot-" + i)));
    }

    List<Path> gone = disposal.takeNames(files);
    disposal.giveBack(gone.getFirst());
    begun.await(); // it is no longer among those that wait
    gone.subList(1, 7).forEach(disposal::giveBack);

    assertThat(snapshotFiles()).as("one under way, four that wait").hasSize(5);
    mayGoOn.countDown();
    disposal.finish();
    assertThat(snapshotFiles()).isEmpty();
    disposal.close();
  }

  @Test
  void spaceThatIsOnItsWayBackIsUsedWhenTheLogNeedsIt() throws Exception {
    StorageOptions small = StorageOptions.DEFAULT.withSegmentBytes(4096).withDisk(disk);
    try (FileStorageEngine engine = Changes.open(directory, small)) {
      Snapshots.take(engine.snapshots(), FIRST);
      Snapshots.take(engine.snapshots(), SECOND);
      engine.snapshots().retain(1);
      begun.await();
      full = true; // until what is on its way out has gone, which begins when that is noticed

      for (long index = 1; index <= 5; index++) {
        engine.log().append(List.of(Changes.entries(index, Changes.entry(index, 1, 3000))));
        engine.log().force();
      }

      assertThat(full).isFalse();
      assertThat(snapshotFiles()).containsExactly(name(SECOND));
    }
  }

  @Test
  void aFileWithASecondNameIsNotMadeShorter() throws IOException {
    Path file = directory.resolve("large");
    Files.write(file, new byte[3_000_000]);
    Path backup = Files.createLink(directory.resolve("backup"), file);

    Disk.system().deleteInSteps(file, () -> false);

    assertThat(file).doesNotExist();
    assertThat(Files.size(backup)).isEqualTo(3_000_000);
  }

  @Test
  void aFileIsMadeShorterUntilItIsGoneOrNobodyWaits() throws IOException {
    Path file = directory.resolve("large");
    Files.write(file, new byte[3_000_000]);
    int[] looks = {0};
    BooleanSupplier afterOne = () -> looks[0]++ == 1;

    Disk.system().deleteInSteps(file, afterOne);
    assertThat(Files.size(file)).isBetween(1L, 2_000_000L);
    Disk.system().deleteInSteps(file, () -> false);

    assertThat(file).doesNotExist();
  }
}
