package dengine.storage;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.IntUnaryOperator;

/// What is in a file of a [SimulatedDisk]: as processes see it, and what of it is durable.
final class SimulatedContent {

  private static final int SECTOR = SimulatedDisk.SECTOR;

  byte[] now = new byte[0];
  byte[] durable = new byte[0];

  /// Versions of sectors that were written since they were last known to be durable.
  final TreeMap<Integer, List<byte[]>> unsynced = new TreeMap<>();

  SimulatedContent copy() {
    SimulatedContent copy = new SimulatedContent();
    copy.now = now.clone();
    copy.durable = durable.clone();
    unsynced.forEach((sector, versions) -> copy.unsynced.put(sector, new ArrayList<>(versions)));
    return copy;
  }

  void write(ByteBuffer source, int start) {
    int end = start + source.remaining();
    if (end > now.length) {
      now = Arrays.copyOf(now, end);
    }
    source.get(now, start, end - start);
    for (int sector = start / SECTOR; sector * SECTOR < end; sector++) {
      unsynced
          .computeIfAbsent(sector, _ -> new ArrayList<>())
          .add(Arrays.copyOfRange(now, sector * SECTOR, (sector + 1) * SECTOR));
    }
  }

  /// Everything becomes durable.
  void force() {
    for (int sector : unsynced.keySet()) {
      int start = sector * SECTOR;
      int end = Math.min(start + SECTOR, now.length);
      if (end > durable.length) {
        durable = Arrays.copyOf(durable, end);
      }
      System.arraycopy(now, start, durable, start, end - start);
    }
    unsynced.clear();
  }

  /// What is left when the power goes.
  ///
  /// @param outcome of each choice: first whether the file got its size, then which version of each
  ///     unsynced sector is there, 0 for what was durable
  SimulatedContent afterPowerCut(IntUnaryOperator outcome) {
    SimulatedContent survivor = new SimulatedContent();
    int choice = 0;
    // A file may have got its size without what was in it.
    int size = outcome.applyAsInt(choice++) == 1 ? now.length : durable.length;
    survivor.now = Arrays.copyOf(durable, size);
    for (Map.Entry<Integer, List<byte[]>> sector : unsynced.entrySet()) {
      int version = outcome.applyAsInt(choice++);
      int start = sector.getKey() * SECTOR;
      if (version > 0 && start < size) {
        byte[] bytes = sector.getValue().get(version - 1);
        System.arraycopy(bytes, 0, survivor.now, start, Math.min(bytes.length, size - start));
      }
    }
    survivor.durable = survivor.now.clone();
    return survivor;
  }
}
