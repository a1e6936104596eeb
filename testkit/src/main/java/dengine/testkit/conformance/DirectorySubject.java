package dengine.testkit.conformance;

import dengine.engine.spi.MetaStore.Identity;
import dengine.engine.spi.StorageEngine;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Set;
import java.util.random.RandomGenerator;

/// Engines that keep files in a directory of this machine.
record DirectorySubject(Opener opener) implements StorageSubject {

  @Override
  public Set<Ability> abilities() {
    return Set.of(Ability.KILL, Ability.DAMAGE);
  }

  @Override
  public Place place(Path directory) {
    return new Directory(directory, opener);
  }

  /// @param path its copies lie in it, in a folder that no engine is opened on
  private record Directory(Path path, Opener opener) implements Place {

    @Override
    public StorageEngine open(Identity identity) {
      return opener.open(path.resolve("data"), identity);
    }

    @Override
    public Place afterKill() {
      try {
        Path copy = Files.createTempDirectory(path, "killed-");
        Scratch.copy(path.resolve("data"), copy.resolve("data"));
        return new Directory(copy, opener);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    @Override
    public void damage(RandomGenerator random) {
      List<Path> files =
          Scratch.files(path.resolve("data")).stream()
              .filter(it -> it.toFile().length() > 0)
              .toList();
      Path file = files.get(random.nextInt(files.size()));
      try (FileChannel channel =
          FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
        // Half of the time near the beginning: files may end in a lot of nothing.
        long bound = random.nextBoolean() ? channel.size() : Math.min(512, channel.size());
        long offset = random.nextLong(bound);
        ByteBuffer one = ByteBuffer.allocate(1);
        channel.read(one, offset);
        one.put(0, (byte) (one.get(0) ^ 1 << random.nextInt(8)));
        channel.write(one.flip(), offset);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
