package dengine.rocksdb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dengine.api.Bytes;
import dengine.engine.spi.StateMachine.View;
import dengine.engine.spi.StorageException;
import dengine.kv.Limits;
import dengine.kv.Snapshots;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What a store says when its files are not what they should be, or the disk refuses.
class FailureTest {

  @TempDir Path directory;

  @Test
  void aFailedWriteIsFinal() throws Exception {
    RocksStore store = open();
    History.applyUpTo(store, 100);
    // What is under the database goes away, as when a disk is pulled.
    StateDirectory.delete(directory.resolve("state-1"));

    StorageException first =
        catchThrowableOfType(StorageException.class, () -> History.applyUpTo(store, 1_000_000));
    long revision = store.revision();

    assertThat(first).isInstanceOf(StorageException.IoFailure.class);
    assertThat(first).hasMessageContaining(directory.resolve("state-1").toString());
    assertThat(first).hasMessageContaining("the log has everything");
    assertThatThrownBy(() -> History.applyNext(store)).isSameAs(first);
    assertThat(store.revision()).isEqualTo(revision);
    store.close();
  }

  @Test
  void damagedBlocksAreRefusedWhenTheyAreRead() throws Exception {
    try (RocksStore store = open()) {
      History.applyUpTo(store, 3000);
    }
    Path largest =
        Collections.max(tables(), Comparator.comparingLong(file -> file.toFile().length()));
    try (RandomAccessFile file = new RandomAccessFile(largest.toFile(), "rw")) {
      // Not the first block: that has the applied index, without which a store does not open.
      long middle = file.length() / 2;
      file.seek(middle);
      int old = file.read();
      file.seek(middle);
      file.write(old ^ 1);
    }

    RocksStore store = open();
    assertThatThrownBy(store::stateHash)
        .isInstanceOf(StorageException.IoFailure.class)
        .hasMessageContaining("Corruption")
        .hasMessageContaining("move the directory away");
    View view = store.view().orElseThrow();
    assertThatThrownBy(() -> view.writeTo(new ByteArrayOutputStream()))
        .isInstanceOf(StorageException.IoFailure.class);
    view.close();
    // A compaction in the background may have come to the block as well: then so does the end.
    Throwable atTheEnd = catchThrowable(store::close);
    if (atTheEnd != null) {
      assertThat(atTheEnd)
          .isInstanceOf(StorageException.IoFailure.class)
          .hasMessageContaining("Corruption");
    }
  }

  @Test
  void aDirectoryOfAnotherFormatOrWithoutItsDatabaseIsRefused() throws Exception {
    open().close();
    Path pointer = directory.resolve("STATE");

    Files.writeString(pointer, "dengine-rocksdb 2\nstate-1\n");
    assertThatThrownBy(this::open)
        .isInstanceOf(StorageException.ForeignFormat.class)
        .hasMessageContaining("dengine-rocksdb 2");
    Files.writeString(pointer, "dengine-rocksdb 1\nstate-5\n");
    assertThatThrownBy(this::open).hasMessageContaining("state-5 that it names is missing");
    Files.writeString(pointer, "dengine-rocksdb 1\n../x\n");
    assertThatThrownBy(this::open).hasMessageContaining("should name a database");

    Files.writeString(pointer, "dengine-rocksdb 1\nstate-1\n");
    open().close();
  }

  @Test
  void aDirectoryThatCannotBeMadeIsRefused() throws Exception {
    Path file = Files.createFile(directory.resolve("file"));

    assertThatThrownBy(() -> RocksStore.open(RocksOptions.of(file.resolve("store"))))
        .isInstanceOf(StorageException.NotWritable.class)
        .hasMessageContaining(file.toString());
  }

  @Test
  void aStoreThatIsClosedSaysSoAndItsViewsFinish() {
    RocksStore store = open();
    History.applyUpTo(store, 100);
    byte[] expected = Snapshots.take(store);
    View view = store.view().orElseThrow();

    store.close();
    store.close();

    assertThatThrownBy(() -> store.get(Bytes.of("key")))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("closed");
    assertThatThrownBy(() -> History.applyNext(store)).isInstanceOf(IllegalStateException.class);
    assertThat(Snapshots.write(view)).isEqualTo(expected);
  }

  @Test
  void aViewThatIsClosedWhileItIsWrittenFails() {
    try (RocksStore store = open()) {
      History.applyUpTo(store, 3000);
      View view = store.view().orElseThrow();

      assertThatThrownBy(
              () ->
                  view.writeTo(
                      new ByteArrayOutputStream() {
                        @Override
                        public synchronized void write(byte[] bytes, int offset, int length) {
                          view.close();
                        }
                      }))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("closed");
      assertThatThrownBy(() -> view.writeTo(new ByteArrayOutputStream()))
          .isInstanceOf(IOException.class);
    }
  }

  @Test
  void optionsOutOfRangeAreRefusedByName() {
    RocksOptions options = RocksOptions.of(directory);

    assertThatThrownBy(() -> options.withBlockCacheBytes(1))
        .hasMessageContaining("blockCacheBytes = 1, permitted: 1048576 to");
    assertThatThrownBy(() -> options.withWriteBufferBytes(1))
        .hasMessageContaining("writeBufferBytes = 1, permitted: 65536 to 2147483648");
    assertThat(options.limits()).isEqualTo(Limits.DEFAULT);
  }

  private RocksStore open() {
    return RocksStore.open(RecoveryTest.options(directory));
  }

  private List<Path> tables() throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      return files.filter(file -> file.toString().endsWith(".sst")).toList();
    }
  }
}
