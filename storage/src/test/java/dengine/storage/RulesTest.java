package dengine.storage;

import static dengine.storage.Changes.entries;
import static dengine.storage.Changes.entry;
import static dengine.storage.Changes.vote;
import static dengine.storage.Workload.DIRECTORY;
import static org.assertj.core.api.Assertions.assertThat;

import dengine.engine.spi.LogStore;
import dengine.engine.spi.StorageException;
import dengine.raft.Effect.Persist;
import dengine.raft.HardState;
import dengine.storage.Changes.Model;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/// One test for each durability rule (D) and storage rule (S) that a log can break by itself.
class RulesTest {

  private final SimulatedDisk disk = new SimulatedDisk();

  private FileStorageEngine open() {
    return Changes.open(DIRECTORY, Workload.options(disk));
  }

  private Model foundOn(SimulatedDisk other) {
    return Damage.seenOn(other).found().orElseThrow();
  }

  private static void failAt(SimulatedDisk disk, String call, String reason) {
    disk.inject(
        (number, path) -> {
          if (path.startsWith(call)) {
            throw new IOException(reason);
          }
        });
  }

  @Test
  void d1TermAndVoteAreFoundTogetherOrNotAtAll() {
    LogStore log = open().log();
    log.append(List.of(vote(1, 4, 2)));
    log.force();
    log.append(List.of(vote(2, 5, 3)));
    List<HardState> found = new ArrayList<>();
    List<Integer> choices = disk.choices();
    for (int kept = 0; kept <= 2; kept++) {
      int version = kept;
      found.add(
          foundOn(disk.afterPowerCut(choice -> Math.min(version, choices.get(choice) - 1)))
              .hardState());
    }

    // The mark behind the first sync is the sector's first unsynced version, the vote its second.
    assertThat(found)
        .containsExactly(new HardState(4, 2), new HardState(4, 2), new HardState(5, 3));
  }

  @Test
  void d4ASyncCoversTheTruncationTheEntriesAndTheirTerm() {
    LogStore log = open().log();
    log.append(List.of(entries(1, entry(1, 1, 9), entry(2, 1, 9), entry(3, 1, 9))));
    log.force();
    log.append(
        List.of(
            new Persist(2, Optional.of(new HardState(2, 0)), 2, List.of(entry(2, 2, 9))),
            entries(3, entry(3, 2, 9))));
    log.force();

    Model found = foundOn(disk.afterPowerCut(choice -> 0));

    assertThat(found.hardState()).isEqualTo(new HardState(2, 0));
    assertThat(found.entries()).containsExactly(entry(1, 1, 9), entry(2, 2, 9), entry(3, 2, 9));
  }

  @Test
  void d5WhatWasOnlyAppendedIsNotTakenForDurable() {
    LogStore log = open().log();
    log.append(List.of(entries(1, entry(1, 1, 9))));

    assertThat(foundOn(disk.afterPowerCut(choice -> 0)).entries()).isEmpty();
    assertThat(foundOn(disk.afterKill()).entries()).containsExactly(entry(1, 1, 9));
  }

  @Test
  void d8ATermWithoutItsRecordIsTakenFromTheLastEntryAndTheVoteForgotten() {
    LogStore log = open().log();
    log.append(List.of(vote(1, 3, 2), entries(2, entry(1, 3, 9), entry(2, 7, 9))));
    log.force();

    HardState repaired = Damage.seenOn(disk.afterKill()).found().orElseThrow().hardState();

    assertThat(repaired).isEqualTo(new HardState(7, 0));
  }

  @Test
  void d8AVoteInTheTermOfTheLastEntryIsKept() {
    LogStore log = open().log();
    log.append(List.of(vote(1, 3, 2), entries(2, entry(1, 3, 9))));
    log.force();

    assertThat(foundOn(disk.afterKill()).hardState()).isEqualTo(new HardState(3, 2));
  }

  @Test
  void d15ANewFileAndTheOldOneAreDurableBeforeAnythingIsInTheNewOne() {
    LogStore log = open().log();
    log.append(List.of(entries(1, entry(1, 1, 3000))));
    List<String> calls = new ArrayList<>();
    disk.inject((number, path) -> calls.add(path));

    log.append(List.of(entries(2, entry(2, 1, 3000))));

    assertThat(calls)
        .containsExactly(
            "force log-00000000000000000001.seg",
            "create spare.seg",
            "write spare.seg",
            "force spare.seg",
            "write spare.seg",
            "force spare.seg",
            "rename spare.seg",
            "forceDirectory data",
            "write log-00000000000000000001.seg",
            "force log-00000000000000000001.seg",
            "write log-00000000000000000002.seg");
    assertThat(foundOn(disk.afterPowerCut(choice -> 0)).entries())
        .containsExactly(entry(1, 1, 3000));
  }

  @Test
  void s1AfterAFailedSyncEveryCallFailsWithTheSameFailure() {
    LogStore log = open().log();
    log.append(List.of(entries(1, entry(1, 1, 9))));
    failAt(disk, "force", "Input/output error");
    StorageException first = failureOf(log::force);
    disk.inject(SimulatedDisk.Faults.NONE);

    assertThat(first)
        .isInstanceOf(StorageException.IoFailure.class)
        .hasMessageContaining("sync failed at")
        .hasMessageContaining("Input/output error");
    assertThat(failureOf(log::force)).isSameAs(first);
    assertThat(failureOf(() -> log.append(List.of(vote(2, 1, 1))))).isSameAs(first);
    assertThat(failureOf(() -> log.read(1, 1, 1))).isSameAs(first);
    log.close();
  }

  @Test
  void s1WhatAFailedSyncLeftInMemoryIsWrittenAgainBeforeItCounts() {
    FileStorageEngine engine = open();
    engine.log().append(List.of(entries(1, entry(1, 1, 2000))));
    failAt(disk, "force", "Input/output error");
    failureOf(engine.log()::force);
    engine.close();
    assertThat(foundOn(disk.afterPowerCut(choice -> 0)).entries()).isEmpty();

    SimulatedDisk restarted = disk.afterKill();
    LogStore log = Changes.open(DIRECTORY, Workload.options(restarted)).log();

    assertThat(log.read(1, 1, 1)).containsExactly(entry(1, 1, 2000));
    assertThat(foundOn(restarted.afterPowerCut(choice -> 0)).entries())
        .containsExactly(entry(1, 1, 2000));
  }

  @Test
  void s2ADamagedFrameBeforeIntactOnesOfTheSameUnsyncedBatchIsATornWrite() {
    LogStore log = open().log();
    log.append(List.of(entries(1, entry(1, 1, 600))));
    log.append(List.of(entries(2, entry(2, 1, 600))));
    log.append(List.of(entries(3, entry(3, 1, 600))));
    Path file = Damage.logs(disk).getFirst();
    SimulatedDisk torn = disk.afterKill();
    Arrays.fill(torn.bytes(file), 1024, 1536, (byte) 0);

    Damage seen = Damage.seenOn(torn);

    assertThat(seen.found().orElseThrow().entries()).containsExactly(entry(1, 1, 600));
    assertThat(seen.cut().orElseThrow().toString())
        .startsWith("incomplete last batch: file=data/log-00000000000000000001.seg offset=801 ");
  }

  @Test
  void s2TheSameDamageIsCorruptionOnceALaterFrameSaysItWasDurable() {
    LogStore log = open().log();
    log.append(List.of(entries(1, entry(1, 1, 600))));
    log.append(List.of(entries(2, entry(2, 1, 600))));
    log.force();
    log.append(List.of(entries(3, entry(3, 1, 600))));
    Path file = Damage.logs(disk).getFirst();
    SimulatedDisk damaged = disk.afterKill();
    Arrays.fill(damaged.bytes(file), 1024, 1400, (byte) 0);

    Damage seen = Damage.seenOn(damaged);

    assertThat(seen.refusal().orElseThrow())
        .isInstanceOf(StorageException.Corrupt.class)
        .hasMessageContaining("log-00000000000000000001.seg at offset 801");
  }

  @Test
  void s3WhatWasCutIsGoneForGood() {
    LogStore log = open().log();
    for (int i = 1; i <= 3; i++) {
      log.append(List.of(entries(i, entry(i, 1, 600))));
    }
    Path file = Damage.logs(disk).getFirst();
    SimulatedDisk torn = disk.afterKill();
    Arrays.fill(torn.bytes(file), 1024, 1536, (byte) 0);

    int end = Damage.endOf(torn);
    CutTail cut = Damage.seenOn(torn).cut().orElseThrow();

    byte[] after = torn.afterPowerCut(choice -> 0).bytes(file);
    byte[] tail = Arrays.copyOfRange(after, end + FrameHeader.BYTES, after.length);
    Arrays.fill(tail, Segment.distantMark(4096) - end - FrameHeader.BYTES, tail.length, (byte) 0);
    assertThat(cut.offset()).isEqualTo(end);
    assertThat(tail).containsOnly(0);
  }

  @Test
  void s4AnEntryIsVerifiedEachTimeItIsRead() {
    FileStorageEngine engine = open();
    engine.log().append(List.of(entries(1, entry(1, 1, 100), entry(2, 1, 100))));
    engine.close();
    Path file = Damage.logs(disk).getFirst();
    int second = 128 + FrameHeader.BYTES + Long.BYTES + EntryCodec.OVERHEAD_BYTES + 100;
    for (int at = second; at < second + EntryCodec.OVERHEAD_BYTES + 100; at++) {
      SimulatedDisk rotten = disk.afterKill();
      LogStore log = Changes.open(DIRECTORY, Workload.options(rotten)).log();
      rotten.bytes(file)[at] ^= 0x10;

      assertThat(log.read(1, 1, 1000)).containsExactly(entry(1, 1, 100));
      assertThat(failureOf(() -> log.read(1, 2, 1000)))
          .as("byte %d", at)
          .isInstanceOf(StorageException.Corrupt.class);
    }
  }

  @Test
  void s6AFullDiskLeavesNoHoleAndNeedsNoWiping() {
    LogStore log = open().log();
    log.append(List.of(entries(1, entry(1, 1, 3000))));
    log.force();
    failAt(disk, "write spare.seg", "No space left on device");
    StorageException first = failureOf(() -> log.append(List.of(entries(2, entry(2, 1, 3000)))));
    disk.inject(SimulatedDisk.Faults.NONE);

    assertThat(first)
        .isInstanceOf(StorageException.DiskFull.class)
        .hasMessageContaining("free space there and start the node again");
    assertThat(failureOf(() -> log.append(List.of(vote(3, 1, 1))))).isSameAs(first);
    log.close();
    try (FileStorageEngine engine =
        FileStorageEngine.recover(DIRECTORY, Changes.OWNER, Workload.options(disk.afterKill()))) {
      engine.log().append(List.of(entries(2, entry(2, 1, 3000))));
      engine.log().force();
      assertThat(engine.log().read(1, 2, 10_000)).hasSize(2);
    }
  }

  @Test
  void aQuotaThatIsReachedIsAFullDisk() {
    LogStore log = open().log();
    failAt(disk, "write", "Disk quota exceeded");

    assertThat(failureOf(() -> log.append(List.of(vote(1, 1, 1)))))
        .isInstanceOf(StorageException.DiskFull.class);
  }

  @Test
  void aFailureOfAnyCallEndsTheLogAndLosesNothing() {
    Workload workload = Workload.random(21, 12, 400);
    for (int point = 0; ; point++) {
      SimulatedDisk failing = new SimulatedDisk();
      int at = point;
      failing.inject(
          (call, path) -> {
            if (call == at) {
              throw new IOException("Input/output error");
            }
          });
      Workload.Progress progress = workload.run(failing);
      if (failing.calls() < point) {
        return;
      }
      SimulatedDisk restarted = failing.afterKill();
      Damage killed = Damage.seenOn(restarted.copy());
      Damage cut = Damage.seenOn(failing.afterPowerCut(choice -> 0));
      for (Damage seen : List.of(killed, cut)) {
        boolean explained = seen.found().filter(it -> workload.explains(it, progress)).isPresent();
        assertThat(explained).as("call %d fails: %s", point, seen).isTrue();
      }
      try (FileStorageEngine engine =
          FileStorageEngine.recover(DIRECTORY, Changes.OWNER, Workload.options(restarted))) {
        Model kept = Model.of(engine.log());
        assertThat(foundOn(restarted.afterPowerCut(choice -> 0)))
            .as("call %d fails, then the power", point)
            .isEqualTo(kept);
      }
    }
  }

  @Test
  void aFileOfANewerFormatIsNamedAsSuch() {
    open().close();
    Path file = Damage.logs(disk).getFirst();
    ByteBuffer header = ByteBuffer.wrap(disk.bytes(file));
    header.putInt(8, 3);
    header.putInt(124, new Checksum().of(header.getLong(0), 0, header, 0, 124));

    assertThat(Damage.seenOn(disk.afterKill()).refusal().orElseThrow())
        .isInstanceOf(StorageException.ForeignFormat.class)
        .hasMessageContaining("has format 3, this version reads 2");
  }

  @Test
  void aFileThatStartsWithAnotherTermThanTheOneBeforeEndsWithIsRefused() {
    LogStore log = open().log();
    log.append(List.of(vote(1, 4, 2), entries(2, entry(1, 4, 3000)), entries(3, entry(2, 4, 900))));
    log.force();
    Path second = Damage.logs(disk).getLast();
    SimulatedDisk forged = disk.afterKill();
    ByteBuffer header = ByteBuffer.wrap(forged.bytes(second));
    assertThat(header.getLong(64)).isEqualTo(4);
    header.putLong(64, 5);
    header.putInt(124, new Checksum().of(header.getLong(0), 0, header, 0, 124));

    assertThat(Damage.seenOn(forged).isRefusedAt(second, 0)).isTrue();
  }

  @Test
  void framesLeftByAnEarlierUseOfAFileAreNeitherContentNorEvidence() {
    LogStore log = open().log();
    for (long index = 1; index <= 10; index++) {
      log.append(List.of(entries(index, entry(index, 1, 400))));
      log.force();
    }
    List<Path> files = Damage.logs(disk);
    assertThat(files).hasSize(2);
    SimulatedDisk recycled = disk.afterKill();
    byte[] old = recycled.bytes(files.getFirst());
    int end = Damage.endOf(recycled) + FrameHeader.BYTES;
    System.arraycopy(old, end, recycled.bytes(files.getLast()), end, old.length - end);

    assertThat(foundOn(recycled).entries()).hasSize(10);
  }

  @Test
  void aFrameOfAnotherHistoryIsRefusedAlthoughItVerifiesInItsPlace() {
    LogStore log = open().log();
    log.append(List.of(entries(1, entry(1, 1, 1000)), entries(2, entry(2, 1, 600))));
    Path file = Damage.logs(disk).getFirst();
    int second = 128 + FrameHeader.BYTES + Long.BYTES + EntryCodec.OVERHEAD_BYTES + 1000;
    SimulatedDisk other = new SimulatedDisk();
    LogStore otherLog = Changes.open(DIRECTORY, Workload.options(other)).log();
    otherLog.append(List.of(entries(1, entry(1, 2, 1000)), entries(2, entry(2, 2, 600))));

    SimulatedDisk mixed = disk.afterKill();
    System.arraycopy(other.bytes(file), second, mixed.bytes(file), second, 700);

    assertThat(Damage.seenOn(mixed).refusal().orElseThrow())
        .isInstanceOf(StorageException.Corrupt.class)
        .hasMessageContaining("offset " + second + ": out of order after frame 1");
  }

  private static StorageException failureOf(Runnable call) {
    try {
      call.run();
    } catch (StorageException e) {
      return e;
    }
    throw new AssertionError("did not fail");
  }
}
