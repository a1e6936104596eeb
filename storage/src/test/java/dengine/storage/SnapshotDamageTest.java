package dengine.storage;

import static org.assertj.core.api.Assertions.assertThat;

import dengine.engine.spi.StorageException;
import dengine.raft.Position;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// Every damage of a kind to a snapshot's file is refused, naming the file and an offset no later
/// than the damage.
class SnapshotDamageTest {

  private static final Path FILE = Path.of("data", "snapshot.snap");
  private static final Position POSITION = new Position(12, 3);
  private static final int BLOCK = SnapshotBlocks.OVERHEAD_BYTES + SnapshotBlocks.BLOCK_BYTES;

  private final SimulatedDisk disk = new SimulatedDisk();
  private final List<String> surprises = new ArrayList<>();

  private byte[] file(int contentBytes) {
    byte[] content = new byte[contentBytes];
    new Random(contentBytes).nextBytes(content);
    byte[] whole = Snapshots.offered(POSITION, content).file();
    disk.put(FILE, whole);
    try (SnapshotFile opened = SnapshotFile.open(disk, FILE)) {
      opened.verify();
    }
    return whole;
  }

  private void judge(byte[] whole, byte[] damaged, String what) {
    int changed = Arrays.mismatch(whole, damaged);
    if (changed < 0) {
      return;
    }
    disk.put(FILE, damaged);
    try (SnapshotFile opened = SnapshotFile.open(disk, FILE)) {
      opened.verify();
      surprises.add(what + " was served");
    } catch (StorageException.Corrupt e) {
      if (!FILE.equals(e.file()) || e.offset() > changed) {
        surprises.add(what + ": " + e.getMessage());
      }
    }
  }

  private void nothingWasServedThatIsWrong() {
    assertThat(surprises.stream().limit(10)).isEmpty();
  }

  @Test
  void everyBitIsGuarded() {
    byte[] whole = file(300);
    for (int bit = 0; bit < whole.length * 8; bit++) {
      byte[] damaged = whole.clone();
      damaged[bit / 8] ^= (byte) (1 << bit % 8);
      judge(whole, damaged, "bit " + bit);
    }
    nothingWasServedThatIsWrong();
  }

  @Test
  void everyLengthIsGuarded() {
    byte[] whole = file(300);
    for (int length = 0; length < whole.length + 600; length++) {
      judge(whole, Arrays.copyOf(whole, length), "length " + length);
    }
    byte[] twice = Arrays.copyOf(whole, whole.length * 2);
    System.arraycopy(whole, 0, twice, whole.length, whole.length);
    judge(whole, twice, "the file twice");
    byte[] endTwice = Arrays.copyOf(whole, whole.length + SnapshotBlocks.END_BYTES);
    System.arraycopy(
        whole,
        whole.length - SnapshotBlocks.END_BYTES,
        endTwice,
        whole.length,
        SnapshotBlocks.END_BYTES);
    judge(whole, endTwice, "the end twice");
    nothingWasServedThatIsWrong();
  }

  @Test
  void everyByteAtTheSeamsOfBlocksIsGuarded() {
    byte[] whole = file(3 * SnapshotBlocks.BLOCK_BYTES + 100);
    int header = whole.length - SnapshotBlocks.END_BYTES - 3 * BLOCK - 108;
    for (int seam = header; seam < whole.length; seam += BLOCK) {
      for (int at = seam - 20; at < Math.min(whole.length, seam + 20); at++) {
        byte[] damaged = whole.clone();
        damaged[at] ^= 0x20;
        judge(whole, damaged, "byte " + at);
      }
    }
    nothingWasServedThatIsWrong();
  }

  @Test
  void blocksThatAreExchangedDuplicatedOrLeftOutAreNoticed() {
    byte[] whole = file(4 * SnapshotBlocks.BLOCK_BYTES);
    int header = whole.length - SnapshotBlocks.END_BYTES - 4 * BLOCK;
    for (int to = 0; to < 4; to++) {
      for (int from = 0; from < 4; from++) {
        byte[] duplicated = whole.clone();
        System.arraycopy(whole, header + from * BLOCK, duplicated, header + to * BLOCK, BLOCK);
        judge(whole, duplicated, from + " over " + to);
        byte[] exchanged = duplicated.clone();
        System.arraycopy(whole, header + to * BLOCK, exchanged, header + from * BLOCK, BLOCK);
        judge(whole, exchanged, from + " and " + to);
      }
      byte[] shorter = Arrays.copyOf(whole, whole.length - BLOCK);
      int at = header + to * BLOCK;
      System.arraycopy(whole, at + BLOCK, shorter, at, whole.length - at - BLOCK);
      judge(whole, shorter, "without " + to);
    }
    nothingWasServedThatIsWrong();
  }

  @Test
  void aBlockOfAnotherSnapshotIsNoticedInTheSamePlace() {
    byte[] whole = file(2 * SnapshotBlocks.BLOCK_BYTES);
    byte[] content = new byte[2 * SnapshotBlocks.BLOCK_BYTES];
    byte[] other = Snapshots.offered(new Position(13, 3), content).file();
    int header = whole.length - SnapshotBlocks.END_BYTES - 2 * BLOCK;
    byte[] mixed = whole.clone();
    System.arraycopy(other, header, mixed, header, BLOCK);

    judge(whole, mixed, "a foreign block");

    nothingWasServedThatIsWrong();
  }

  @Test
  void damageInALaterBlockLetsTheEarlierOnesBeReadAndNoMore() throws Exception {
    byte[] damaged = file(2 * SnapshotBlocks.BLOCK_BYTES);
    damaged[damaged.length - SnapshotBlocks.END_BYTES - 5] ^= 1;
    disk.put(FILE, damaged);
    try (SnapshotFile opened = SnapshotFile.open(disk, FILE);
        var stream = opened.stream()) {
      assertThat(stream.readNBytes(SnapshotBlocks.BLOCK_BYTES)).hasSize(SnapshotBlocks.BLOCK_BYTES);
      StorageException failure = null;
      try {
        stream.read();
      } catch (StorageException.Corrupt e) {
        failure = e;
      }
      assertThat(failure).hasMessageContaining("a block of the snapshot does not verify");
    }
  }

  @Test
  void anotherFormatIsNamedAsSuch() {
    byte[] whole = file(10);
    ByteBuffer header = ByteBuffer.wrap(whole);
    header.putInt(8, 3);
    int checked = header.getInt(12) - Integer.BYTES;
    header.putInt(checked, new Checksum().of(header.getLong(0), 0, header, 0, checked));
    disk.put(FILE, whole);

    try (SnapshotFile opened = SnapshotFile.open(disk, FILE)) {
      surprises.add("opened " + opened.snapshot());
    } catch (StorageException.ForeignFormat e) {
      assertThat(e).hasMessageContaining("has format 3, this version reads 2");
    }
    nothingWasServedThatIsWrong();
  }
}
