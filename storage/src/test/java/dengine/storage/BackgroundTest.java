package dengine.storage;

import static dengine.storage.Changes.entries;
import static dengine.storage.Changes.entry;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dengine.engine.spi.StorageException;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// What happens when the file that is prepared in the background cannot be prepared.
@Timeout(60)
class BackgroundTest {

  @TempDir Path directory;

  /// The machine's disk, on which files in preparation cannot be made for a while.
  private static final class FullDisk implements Disk {
    private final Disk disk = Disk.system();
    private final CountDownLatch failed = new CountDownLatch(1);
    private volatile Optional<String> reason = Optional.empty();
    private volatile @Nullable SlowFile next;

    @Override
    public File create(Path file) throws IOException {
      if (next != null) {
        return next;
      }
      Optional<String> now = reason; // the test takes it back as soon as it hears of the failure
      if (SegmentFiles.isSpare(file) && now.isPresent()) {
        failed.countDown();
        throw new IOException(now.get());
      }
      return disk.create(file);
    }

    @Override
    public File open(Path file) throws IOException {
      return disk.open(file);
    }

    @Override
    public File openToRead(Path file) throws IOException {
      return disk.openToRead(file);
    }

    @Override
    public void rename(Path from, Path to) throws IOException {
      disk.rename(from, to);
    }

    @Override
    public void delete(Path file) throws IOException {
      disk.delete(file);
    }

    @Override
    public List<Path> list(Path folder) throws IOException {
      return disk.list(folder);
    }

    @Override
    public void createDirectory(Path folder) throws IOException {
      disk.createDirectory(folder);
    }

    @Override
    public void forceDirectory(Path folder) throws IOException {
      disk.forceDirectory(folder);
    }

    @Override
    public long freeBytes(Path folder) throws IOException {
      return disk.freeBytes(folder);
    }

    @Override
    public Optional<Closeable> lock(Path file) throws IOException {
      return disk.lock(file);
    }
  }

  private final FullDisk disk = new FullDisk();

  private FileStorageEngine halfFull(String reason) throws InterruptedException {
    StorageOptions options = StorageOptions.DEFAULT.withSegmentBytes(4096).withDisk(disk);
    FileStorageEngine engine = Changes.open(directory, options);
    disk.reason = Optional.of(reason);
    engine.log().append(List.of(entries(1, entry(1, 1, 2000))));
    disk.failed.await();
    return engine;
  }

  @Test
  void spaceThatIsMissingInAdvanceIsNoFailureUntilItIsNeeded() throws InterruptedException {
    try (FileStorageEngine engine = halfFull("No space left on device")) {
      engine.log().append(List.of(entries(2, entry(2, 1, 500))));
      engine.log().force();

      assertThatThrownBy(() -> engine.log().append(List.of(entries(3, entry(3, 1, 2000)))))
          .isInstanceOf(StorageException.DiskFull.class)
          .hasMessageContaining("no space left for 4096 bytes");
    }
  }

  @Test
  void spaceThatCameBackIsUsed() throws InterruptedException {
    try (FileStorageEngine engine = halfFull("No space left on device")) {
      disk.reason = Optional.empty();

      engine.log().append(List.of(entries(2, entry(2, 1, 2000))));
      engine.log().force();

      assertThat(engine.log().read(1, 2, 10_000)).hasSize(2);
    }
  }

  @Test
  void anotherFailureInAdvanceIsReportedWhenTheFileIsNeeded() throws InterruptedException {
    try (FileStorageEngine engine = halfFull("Input/output error")) {
      disk.reason = Optional.empty();

      assertThatThrownBy(() -> engine.log().append(List.of(entries(2, entry(2, 1, 2000)))))
          .isInstanceOf(StorageException.IoFailure.class)
          .hasMessageContaining("Input/output error");
    }
  }

  @Test
  void whatNoThreadBeganIsNotWaitedFor() throws Exception {
    Preparation<String> preparation =
        new Preparation<>(
            work ->
                new Thread(work) {
                  @Override
                  public void start() {
                    throw new OutOfMemoryError("unable to create native thread");
                  }
                });

    assertThatThrownBy(() -> preparation.begin(() -> "file")).isInstanceOf(OutOfMemoryError.class);

    // Elsewhere: who takes waits whoever interrupts.
    FutureTask<Optional<String>> taken = new FutureTask<>(preparation::take);
    Thread.ofPlatform().daemon().start(taken);
    assertThat(taken.get(10, TimeUnit.SECONDS)).isEmpty();
  }

  @Test
  void closingDoesNotWaitForTheRestOfAFileInPreparation() throws Exception {
    SlowFile slow = new SlowFile(disk.disk.create(directory.resolve("spare.seg")));
    disk.next = slow;
    StorageOptions options = StorageOptions.DEFAULT.withDisk(disk);
    SegmentFiles files = new SegmentFiles(directory, options, new Disposal(directory, options));
    files.prepare(3);
    slow.begun.await();

    Thread closing = Thread.ofPlatform().start(files::close);
    while (closing.getState() != Thread.State.WAITING) {
      Thread.onSpinWait();
    }
    slow.goOn.countDown();
    closing.join();

    assertThat(slow.steps).isEqualTo(1);
    assertThat(directory).isEmptyDirectory();
  }

  /// A file that takes its time to be filled with zeros.
  private static final class SlowFile implements Disk.File {
    private final Disk.File file;
    private final CountDownLatch begun = new CountDownLatch(1);
    private final CountDownLatch goOn = new CountDownLatch(1);
    private int steps;

    SlowFile(Disk.File file) {
      this.file = file;
    }

    @Override
    public void zero(long from, long to) throws IOException {
      steps++;
      begun.countDown();
      try {
        goOn.await();
      } catch (InterruptedException e) {
        throw new IOException(e);
      }
      file.zero(from, to);
    }

    @Override
    public long size() throws IOException {
      return file.size();
    }

    @Override
    public int read(ByteBuffer target, long position) throws IOException {
      return file.read(target, position);
    }

    @Override
    public void write(ByteBuffer source, long position) throws IOException {
      file.write(source, position);
    }

    @Override
    public void force(Extent extent) throws IOException {
      file.force(extent);
    }

    @Override
    public void close() throws IOException {
      file.close();
    }
  }
}
