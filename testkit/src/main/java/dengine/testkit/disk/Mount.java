package dengine.testkit.disk;

import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;

/// A mounted file system, unmounted when it is closed and when this JVM ends, except by `kill -9`.
public final class Mount implements AutoCloseable {

  /// A file system is busy for a moment after the process that used it was killed.
  private static final long PATIENCE_NANOS = Duration.ofSeconds(20).toNanos();

  private final Path at;
  private final Thread cleanup = new Thread(this::release, "unmount");
  private boolean mounted = true;

  private Mount(Path at) {
    this.at = at;
  }

  private static Mount mount(Path at, String... words) throws IOException {
    Files.createDirectories(at);
    List<String> command = new ArrayList<>(List.of("mount"));
    command.addAll(Arrays.asList(words));
    command.add(at.toString());
    Command.run(command.toArray(String[]::new));
    Mount mount = new Mount(at);
    Runtime.getRuntime().addShutdownHook(mount.cleanup);
    return mount;
  }

  /// A file system in memory with an upper limit of this many bytes.
  public static Mount tmpfs(Path at, long bytes) throws IOException {
    return mount(at, "-t", "tmpfs", "-o", "mode=0700,size=" + bytes, "dengine-testkit");
  }

  /// The file system in an image; the loop device goes when it is unmounted.
  static Mount image(Path image, Path at) throws IOException {
    return mount(at, "-o", "loop", image.toString());
  }

  /// Why nothing can be mounted here, if so.
  public static Optional<String> whyNot() {
    if (!Command.exists("mount") || !Command.exists("umount") || !Command.exists("id")) {
      return Optional.of("no mount on the path");
    }
    if (!Command.run("id", "-u").equals("0")) {
      return Optional.of("mounting takes the rights of root");
    }
    return Optional.empty();
  }

  /// Changes the limit of one in memory.
  public void resize(long bytes) {
    Command.run("mount", "-o", "remount,size=" + bytes, at.toString());
  }

  /// How many bytes are taken.
  public long used() throws IOException {
    FileStore store = Files.getFileStore(at);
    return store.getTotalSpace() - store.getUnallocatedSpace();
  }

  // A lock because the hook that runs when the JVM ends may meet the thread that closes.
  private synchronized void release() {
    long end = System.nanoTime() + PATIENCE_NANOS;
    while (mounted) {
      try {
        Command.run("umount", at.toString());
        mounted = false;
      } catch (IllegalStateException busy) {
        if (System.nanoTime() > end) {
          Command.run("umount", "--lazy", at.toString());
          mounted = false;
          throw busy;
        }
        LockSupport.parkNanos(Duration.ofMillis(50).toNanos());
      }
    }
  }

  @Override
  public void close() {
    release();
    try {
      Runtime.getRuntime().removeShutdownHook(cleanup);
    } catch (IllegalStateException e) {
      // The JVM ends already: the hook finds nothing left to do.
    }
  }
}
