package dengine.storage;

import dengine.engine.spi.LogStore;
import dengine.engine.spi.MetaStore;
import dengine.engine.spi.StorageException;
import dengine.raft.Membership;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// The identity of a directory, and what establishing it takes.
final class FileMetaStore implements MetaStore {

  private final Disk disk;
  private final Path directory;
  private final Identity expected;
  private volatile Optional<IdentityFile> stored;
  private @Nullable SegmentedLogStore log;

  /// @param stored what is there
  /// @param log the log that has its first file when the identity is established
  FileMetaStore(
      Disk disk,
      Path directory,
      Identity expected,
      Optional<IdentityFile> stored,
      SegmentedLogStore log) {
    this.disk = disk;
    this.directory = directory;
    this.expected = expected;
    this.stored = stored;
    this.log = stored.isPresent() ? null : log;
  }

  @Override
  public Optional<Identity> identity() {
    return stored.map(IdentityFile::owner);
  }

  @Override
  public long incarnation() {
    return stored.map(IdentityFile::incarnation).orElse(0L);
  }

  @Override
  public Optional<Membership> founders() {
    return stored.flatMap(IdentityFile::founders);
  }

  @Override
  public void establish(Identity wanted, long incarnation) {
    IdentityFile made = new IdentityFile(wanted, incarnation, Optional.empty(), Optional.empty());
    establish(made, nothing -> {});
  }

  /// Sets the directory up with a log that is not empty.
  ///
  /// @param content writes what is in it; durable before the directory has an identity
  void establish(IdentityFile wanted, Consumer<LogStore> content) {
    SegmentedLogStore begun = log;
    if (stored.isPresent() || begun == null) {
      throw new StorageException.ForeignIdentity(directory, expected, wanted.owner());
    }
    if (!wanted.owner().equals(expected)) {
      throw new IllegalArgumentException("opened for " + expected + ", not for " + wanted.owner());
    }
    log = null; // one try: after a failure the directory must be opened anew
    begun.begin();
    content.accept(begun);
    begun.force();
    wanted.write(disk, directory);
    stored = Optional.of(wanted);
  }

  @Override
  public Optional<Membership> restored() {
    return stored.flatMap(IdentityFile::restored);
  }

  @Override
  public void reincarnate(long incarnation) {
    IdentityFile before = present();
    if (before.restored().isEmpty()) {
      throw new IllegalStateException("nothing was restored here that has yet to be founded");
    }
    replace(new IdentityFile(before.owner(), incarnation, Optional.empty(), before.restored()));
  }

  @Override
  public void found(Membership founders) {
    IdentityFile before = present();
    if (before.founders().isPresent()) {
      throw new IllegalStateException("founded already, with " + before.founders().get());
    }
    replace(
        new IdentityFile(
            before.owner(), before.incarnation(), Optional.of(founders), Optional.empty()));
  }

  private IdentityFile present() {
    return stored.orElseThrow(() -> new IllegalStateException("there is no identity yet"));
  }

  private void replace(IdentityFile after) {
    after.write(disk, directory);
    stored = Optional.of(after);
  }
}
