package dengine.storage;

import dengine.engine.spi.MetaStore.Identity;
import dengine.engine.spi.SnapshotStore;
import dengine.engine.spi.SnapshotStore.Reading;
import dengine.engine.spi.SnapshotStore.Receiving;
import dengine.engine.spi.SnapshotStore.Snapshot;
import dengine.engine.spi.SnapshotStore.Writing;
import dengine.raft.Membership;
import dengine.raft.Position;
import dengine.raft.SnapshotPoint;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/// Snapshots that the tests take and fetch: what is in one follows from its position.
final class Snapshots {

  /// A snapshot of another node.
  ///
  /// @param file all bytes of its file
  record Offered(Snapshot snapshot, byte[] file) {}

  private Snapshots() {}

  static SnapshotPoint point(Position position) {
    Membership membership = Membership.of(1, 2, 3);
    return new SnapshotPoint(position, 1000 + position.index(), membership, 0);
  }

  /// What a state machine would write.
  static byte[] content(Position position) {
    byte[] bytes = new byte[(int) ((position.index() * 613 + position.term() * 97) % 2500)];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) (position.index() * 7 + position.term() * 3 + i / 5);
    }
    return bytes;
  }

  static Snapshot take(SnapshotStore store, Position position) {
    return take(store, position, content(position));
  }

  static Snapshot take(SnapshotStore store, Position position, byte[] content) {
    try (Writing writing = store.create(point(position))) {
      int half = content.length / 2;
      writing.stream().write(content, 0, half);
      writing.stream().write(content, half, content.length - half);
      return writing.finish();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// What is in a snapshot, all of it verified.
  static byte[] read(SnapshotStore store, Position position) {
    try (Reading reading = store.open(position);
        InputStream stream = reading.stream()) {
      return stream.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static Offered offered(Position position) {
    return offered(position, content(position));
  }

  static Offered offered(Position position, byte[] content) {
    Identity other = new Identity(Changes.OWNER.clusterId(), 9);
    StorageOptions options = Workload.options(new SimulatedDisk());
    try (FileStorageEngine engine = FileStorageEngine.recover(Workload.DIRECTORY, other, options)) {
      engine.meta().establish(other, 5);
      Snapshot snapshot = take(engine.snapshots(), position, content);
      try (Reading reading = engine.snapshots().open(position)) {
        return new Offered(snapshot, reading.read(0, Integer.MAX_VALUE));
      }
    }
  }

  /// Sends the next bytes.
  static void send(Receiving receiving, Offered offered, int bytes) {
    int from = (int) receiving.received();
    int to = Math.min(offered.file.length, from + bytes);
    receiving.write(from, Arrays.copyOfRange(offered.file, from, to));
  }

  static byte[] random(int bytes) {
    byte[] content = new byte[bytes];
    new Random(bytes).nextBytes(content);
    return content;
  }

  /// Where a snapshot is.
  static Path file(Position position) {
    return Workload.DIRECTORY.resolve(SnapshotNames.finished(position));
  }

  /// All files of snapshots, finished or not.
  static List<Path> files(SimulatedDisk on) {
    return on.files().stream()
        .filter(it -> String.valueOf(it.getFileName()).startsWith("snapshot"))
        .toList();
  }
}
