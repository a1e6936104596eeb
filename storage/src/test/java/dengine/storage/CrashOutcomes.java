package dengine.storage;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.zip.CRC32C;

/// What a power cut may leave of a disk. The disk offers a choice for everything that it might
/// forget, also where it makes no difference: the size of a file that kept its size, zeros that
/// were written over zeros. Those are found out and left alone, so that the others can be combined.
final class CrashOutcomes {

  /// Up to so many combinations are all tried.
  private static final int EXHAUSTIVE = 1024;

  /// How many are tried of more.
  private static final int SAMPLE = 256;

  private final SimulatedDisk disk;
  private final int[] sizes;
  private final boolean[] names;
  private final boolean[] matters;

  CrashOutcomes(SimulatedDisk disk) {
    this.disk = disk;
    this.sizes = disk.choices().stream().mapToInt(Integer::intValue).toArray();
    this.names = new boolean[sizes.length];
    this.matters = new boolean[sizes.length];
    int[] everything = Arrays.stream(sizes).map(size -> size - 1).toArray();
    probe(everything);
    probe(new int[sizes.length]);
    // What is in a file shows only where the file has a name: so each name is kept and lost.
    for (int i = 0; i < sizes.length; i++) {
      if (names[i]) {
        everything[i] = 0;
        probe(everything);
        everything[i] = sizes[i] - 1;
      }
    }
  }

  /// The disk with these outcomes of its choices.
  static SimulatedDisk left(SimulatedDisk disk, int[] outcomes) {
    return disk.afterPowerCut(choice -> outcomes[choice]);
  }

  /// Any outcome.
  static SimulatedDisk any(SimulatedDisk disk, Random random) {
    return left(disk, disk.choices().stream().mapToInt(random::nextInt).toArray());
  }

  /// A number that is the same for the same names and bytes.
  static long contentOf(SimulatedDisk left) {
    CRC32C crc = new CRC32C();
    long hash = 0;
    for (Path file : left.files()) {
      byte[] bytes = left.bytes(file);
      crc.update(bytes);
      hash = 31 * (31 * (31 * hash + Arrays.hashCode(bytes)) + bytes.length) + file.hashCode();
    }
    return hash << Integer.SIZE ^ hash ^ crc.getValue();
  }

  /// Notes which choices change something when one of these outcomes is changed.
  private void probe(int[] outcomes) {
    SimulatedDisk base = left(disk, outcomes);
    long content = contentOf(base);
    List<Path> files = base.files();
    for (int i = 0; i < sizes.length; i++) {
      int before = outcomes[i];
      for (int outcome = 0; outcome < sizes[i] && !matters[i]; outcome++) {
        if (outcome != before) {
          outcomes[i] = outcome;
          SimulatedDisk other = left(disk, outcomes);
          matters[i] = contentOf(other) != content;
          names[i] |= matters[i] && !other.files().equals(files);
        }
      }
      outcomes[i] = before;
    }
  }

  /// Tries outcomes.
  ///
  /// @return whether these were all there are
  boolean forEach(Random random, Judge judge) {
    int[] free = IntStream.range(0, sizes.length).filter(i -> matters[i]).toArray();
    long combinations = 1;
    for (int i : free) {
      combinations = Math.min(EXHAUSTIVE + 1L, combinations * sizes[i]);
    }
    boolean all = combinations <= EXHAUSTIVE;
    int tries = all ? (int) combinations : SAMPLE;
    int[] outcomes = new int[sizes.length];
    for (int state = 0; state < tries; state++) {
      int rest = state;
      for (int i = 0; i < free.length; i++) {
        int size = sizes[free[i]];
        outcomes[free[i]] = all ? rest % size : sample(state, i, free.length, size, random);
        rest /= size;
      }
      judge.judge(left(disk, outcomes), state);
    }
    return all;
  }

  /// First what is likely to matter (nothing kept, all kept, one thing kept, one thing lost), then
  /// anything.
  private static int sample(int state, int choice, int choices, int size, Random random) {
    int single = state / 2 - 1;
    if (single >= choices) {
      return random.nextInt(size);
    }
    boolean usually = state % 2 == 1;
    return usually != (choice == single) ? size - 1 : 0;
  }

  /// Looks at what was left.
  interface Judge {
    void judge(SimulatedDisk left, int state);
  }
}
