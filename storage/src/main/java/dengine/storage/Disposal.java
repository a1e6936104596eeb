package dengine.storage;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/// Deletes large files without holding up those who sync others: freeing some hundred MiB at once
/// keeps a file system's journal busy for tens of milliseconds. The files lose their names at once,
/// and their space a little at a time, on a thread that lives only for that. What is left when the
/// directory is closed, or after a crash, goes at the next start.
///
/// Any thread.
final class Disposal {

  private static final System.Logger LOGGER = System.getLogger(Disposal.class.getName());
  private static final String SUFFIX = ".gone";

  /// Most files that wait; those beyond are deleted at once, which costs others a moment, so that
  /// what is written anew never outruns what is deleted.
  private static final int MAX_WAITING = 4;

  private final Path directory;
  private final Disk disk;
  private final boolean inBackground;
  private final Queue<Path> queue = new ArrayDeque<>();

  /// What has lost its name and not given back its space, with its size; also what somebody still
  /// reads, and what could not be deleted.
  private final Map<Path, Long> waiting = new ConcurrentHashMap<>();

  private @Nullable Thread thread;
  private volatile boolean closed;

  /// Whether the space is needed now.
  private volatile boolean hurries;

  Disposal(Path directory, StorageOptions options) {
    this.directory = directory;
    this.disk = options.disk();
    this.inBackground = options.inBackground();
  }

  /// Whether this is a file that was on its way out when its directory was closed.
  static boolean isGone(Path file) {
    return String.valueOf(file.getFileName()).endsWith(SUFFIX);
  }

  /// Takes the names of files, or deletes them where there is no background. When this returns,
  /// none of them will be found again; a crash before that may leave any of them.
  ///
  /// @return what is left of them, to be given to [#giveBack] once nobody reads it any more
  List<Path> takeNames(List<Path> files) throws IOException {
    for (Path file : files) {
      if (inBackground) {
        long bytes = size(file);
        disk.rename(file, gone(file));
        waiting.put(gone(file), bytes);
      } else {
        disk.delete(file);
      }
    }
    disk.forceDirectory(directory);
    return inBackground ? files.stream().map(Disposal::gone).toList() : List.of();
  }

  /// Only to be told to operators: a file whose size is not known goes like any other.
  private long size(Path file) {
    try (Disk.File opened = disk.openToRead(file)) {
      return opened.size();
    } catch (IOException unknown) {
      return 0;
    }
  }

  /// Bytes of files that have lost their names and whose space was not given back yet.
  long waitingBytes() {
    return waiting.values().stream().mapToLong(Long::longValue).sum();
  }

  /// Gives back the space of a file that has no name of its own any more, soon.
  void giveBack(Path file) {
    if (!begin(file)) {
      deleteNow(file);
    }
  }

  /// Gives the space of all that waits back now. Waits until that is done.
  void finish() {
    hurries = true;
    try {
      awaitThread();
    } finally {
      hurries = false;
    }
  }

  /// Leaves the rest to the next start, and waits until nothing is done to any file any more.
  void close() {
    closed = true;
    synchronized (this) {
      queue.clear();
    }
    awaitThread();
  }

  private void awaitThread() {
    Thread last;
    synchronized (this) {
      last = thread;
    }
    boolean interrupted = false;
    while (last != null && last.isAlive()) {
      try {
        last.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  static Path gone(Path file) {
    return file.resolveSibling(file.getFileName() + SUFFIX);
  }

  private synchronized boolean begin(Path file) {
    if (closed) {
      return true; // it goes at the next start
    }
    if (queue.size() >= MAX_WAITING) {
      return false;
    }
    if (thread == null) {
      try {
        thread = Thread.ofPlatform().daemon().name("dengine-disposal").start(this::work);
      } catch (OutOfMemoryError noThread) {
        return false;
      }
    }
    queue.add(file); // the thread asks for it under the monitor
    return true;
  }

  private void work() {
    for (@Nullable Path file = next(); file != null; file = next()) {
      try {
        disk.deleteInSteps(file, () -> closed || hurries);
        if (!closed && !hurries) {
          waiting.remove(file);
        }
      } catch (IOException | RuntimeException | Error e) {
        tell(file, e);
      }
      if (hurries && !closed) {
        deleteNow(file);
      }
    }
  }

  private void deleteNow(Path file) {
    try {
      disk.delete(file);
      waiting.remove(file);
    } catch (NoSuchFileException e) {
      waiting.remove(file); // deleted in steps, just before somebody needed its space
    } catch (IOException | RuntimeException e) {
      tell(file, e);
    }
  }

  private static void tell(Path file, Throwable why) {
    LOGGER.log(System.Logger.Level.WARNING, "not deleted before the next start: " + file, why);
  }

  private synchronized @Nullable Path next() {
    Path file = closed ? null : queue.poll();
    if (file == null) {
      thread = null;
    }
    return file;
  }
}
