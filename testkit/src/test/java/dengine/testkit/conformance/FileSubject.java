package dengine.testkit.conformance;

import dengine.engine.spi.MetaStore.Identity;
import dengine.engine.spi.StorageEngine;
import dengine.storage.FileStorageEngine;
import dengine.storage.SimulatedDisk;
import dengine.storage.StorageOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.random.RandomGenerator;

/// Our own storage engine on a simulated disk, to which everything can be done.
record FileSubject() implements StorageSubject {

  private static final Path DIRECTORY = Path.of("/data");
  private static final long CAPACITY = 64 << 20;

  /// The same engine on the disk of this machine.
  static StorageSubject real() {
    return StorageSubject.onDisk(
        (directory, identity) ->
            FileStorageEngine.open(
                directory,
                identity,
                StorageOptions.DEFAULT.withSegmentBytes(16 << 10).withoutBackground()));
  }

  @Override
  public Set<Ability> abilities() {
    return EnumSet.allOf(Ability.class);
  }

  @Override
  public Place place(Path directory) {
    SimulatedDisk disk = new SimulatedDisk();
    disk.limitTo(CAPACITY);
    return new Simulated(disk);
  }

  private record Simulated(SimulatedDisk disk) implements Place {

    @Override
    public StorageEngine open(Identity identity) {
      return FileStorageEngine.open(
          DIRECTORY,
          identity,
          StorageOptions.DEFAULT.withSegmentBytes(16 << 10).withDisk(disk).withoutBackground());
    }

    @Override
    public Place afterKill() {
      return new Simulated(disk.afterKill());
    }

    @Override
    public Place afterPowerCut(RandomGenerator random) {
      List<Integer> choices = disk.choices();
      return new Simulated(disk.afterPowerCut(choice -> random.nextInt(choices.get(choice))));
    }

    @Override
    public void damage(RandomGenerator random) {
      List<Path> files = new ArrayList<>(disk.files());
      files.removeIf(file -> disk.content(file).length == 0);
      Path file = files.get(random.nextInt(files.size()));
      int length = disk.content(file).length;
      int offset = random.nextInt(random.nextBoolean() ? length : Math.min(512, length));
      byte changed = (byte) (disk.content(file)[offset] ^ 1 << random.nextInt(8));
      disk.damage(file, offset, new byte[] {changed});
    }

    @Override
    public void failNext() {
      disk.inject(
          (call, path) -> {
            boolean write = call == 0 && path.startsWith("write");
            if (write || path.startsWith("force")) {
              disk.inject(SimulatedDisk.Faults.NONE);
              throw new IOException("the disk failed at " + path);
            }
          });
    }
  }
}
