package dengine.storage;

import java.io.Closeable;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.IntUnaryOperator;
import java.util.function.Supplier;

/// A disk in memory that forgets what a real one may forget when the power goes: any of the sectors
/// and names that were not synced. For tests of whatever keeps its files on a [Disk]; the crash
/// tests of the log and the simulator of whole clusters run on it. Deterministic; one thread.
public final class SimulatedDisk implements Disk {

  /// An empty disk.
  public SimulatedDisk() {}

  /// Bytes that are written as a whole or not at all.
  public static final int SECTOR = 512;

  /// The power went. Not an [IOException]: nothing may handle it.
  public static final class PowerCut extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /// Without a stack trace: it is thrown by the million.
    public PowerCut() {
      super("power cut", null, false, false);
    }
  }

  /// What the next calls run into.
  public interface Faults {
    /// Nothing goes wrong.
    Faults NONE = (call, path) -> {};

    /// Called before each call that changes something.
    ///
    /// @param call its number, from 0
    /// @param path with the call's name in front
    /// @throws IOException to make it fail
    void before(int call, String path) throws IOException;
  }

  private final SimulatedNames names = new SimulatedNames();
  private final List<Path> locked = new ArrayList<>();
  private Faults faults = Faults.NONE;
  private boolean liesAboutSyncs;
  private boolean forgetsNames;
  private long capacity = Long.MAX_VALUE;
  private int calls;

  /// Makes faults happen from the next call on, which has number 0.
  public void inject(Faults next) {
    faults = next;
    calls = 0;
  }

  /// Cuts the power before the call with this number.
  public void cutPowerBefore(int number) {
    inject(
        (call, path) -> {
          if (call >= number) {
            throw new PowerCut();
          }
        });
  }

  /// From now on syncs report success and do nothing: what a check must notice.
  public void lieAboutSyncs() {
    liesAboutSyncs = true;
  }

  /// From now on syncs of directories report success and do nothing.
  public void forgetNames() {
    forgetsNames = true;
  }

  /// Limits what [#freeBytes] reports. Writing itself is only refused by [#inject].
  ///
  /// @param bytes that all files together may have
  public void limitTo(long bytes) {
    capacity = bytes;
  }

  /// Calls so far that changed something.
  public int calls() {
    return calls;
  }

  /// Number of choices that a power cut now has: for each, how many outcomes.
  public List<Integer> choices() {
    List<Integer> sizes = new ArrayList<>();
    for (int i = names.unsynced(); i > 0; i--) {
      sizes.add(2);
    }
    for (SimulatedContent content : names.reachable()) {
      sizes.add(2);
      content.unsynced.values().forEach(versions -> sizes.add(versions.size() + 1));
    }
    return sizes;
  }

  /// The disk after a power cut.
  ///
  /// @param outcome of each choice, from 0 for "what was durable"
  public SimulatedDisk afterPowerCut(IntUnaryOperator outcome) {
    SimulatedDisk next = new SimulatedDisk();
    next.liesAboutSyncs = liesAboutSyncs;
    next.forgetsNames = forgetsNames;
    next.capacity = capacity;
    boolean[] kept = new boolean[names.unsynced()];
    for (int i = 0; i < kept.length; i++) {
      kept[i] = outcome.applyAsInt(i) == 1;
    }
    int choice = kept.length;
    Map<SimulatedContent, SimulatedContent> contents = new HashMap<>();
    for (SimulatedContent content : names.reachable()) {
      int first = choice;
      SimulatedContent survivor =
          content.afterPowerCut(number -> outcome.applyAsInt(first + number));
      choice += 1 + content.unsynced.size();
      contents.put(content, survivor);
    }
    names
        .afterPowerCut(kept)
        .forEach(
            (path, content) -> next.names.put(path, Objects.requireNonNull(contents.get(content))));
    return next;
  }

  /// The same disk after every process on it was killed: what was written is still there.
  public SimulatedDisk afterKill() {
    SimulatedDisk next = copy();
    next.faults = Faults.NONE;
    next.locked.clear();
    return next;
  }

  /// An independent copy in the same state.
  public SimulatedDisk copy() {
    SimulatedDisk next = new SimulatedDisk();
    Map<SimulatedContent, SimulatedContent> contents = new HashMap<>();
    names.copyTo(next.names, content -> contents.computeIfAbsent(content, SimulatedContent::copy));
    next.locked.addAll(locked);
    next.liesAboutSyncs = liesAboutSyncs;
    next.forgetsNames = forgetsNames;
    next.capacity = capacity;
    return next;
  }

  /// A copy of what is in a file.
  public byte[] content(Path file) {
    return named(file).now.clone();
  }

  /// Changes what is in a file, on the platter as well: what rots, or is written by mistake, asks
  /// nobody.
  public void damage(Path file, int offset, byte[] bytes) {
    SimulatedContent content = named(file);
    System.arraycopy(bytes, 0, content.now, offset, bytes.length);
    int durable = Math.min(bytes.length, content.durable.length - offset);
    System.arraycopy(bytes, 0, content.durable, offset, Math.max(0, durable));
  }

  private SimulatedContent named(Path file) {
    SimulatedContent content = names.now.get(file);
    if (content == null) {
      throw new IllegalArgumentException("no file " + file);
    }
    return content;
  }

  /// The bytes of a file, to be changed at will: rot needs no system call. All of it is durable.
  public byte[] bytes(Path file) {
    SimulatedContent content = named(file);
    content.durable = content.now;
    content.unsynced.clear();
    return content.now;
  }

  /// Replaces the bytes of a file.
  public void put(Path file, byte[] bytes) {
    SimulatedContent content = new SimulatedContent();
    content.now = bytes;
    content.durable = bytes.clone();
    names.put(file, content);
  }

  /// Makes a file disappear.
  public void lose(Path file) {
    names.lose(file);
  }

  /// The names that are there.
  public List<Path> files() {
    return List.copyOf(names.now.keySet());
  }

  private void change(String call, Path path) throws IOException {
    change(call, () -> path);
  }

  private void change(String call, Supplier<Path> path) throws IOException {
    if (!faults.equals(Faults.NONE)) {
      faults.before(calls, call + " " + path.get().getFileName());
    }
    calls++;
  }

  private SimulatedContent existing(Path file) throws IOException {
    SimulatedContent content = names.now.get(file);
    if (content == null) {
      throw new FileNotFoundException(file.toString());
    }
    return content;
  }

  @Override
  public File create(Path file) throws IOException {
    change("create", file);
    if (names.now.containsKey(file)) {
      throw new FileAlreadyExistsException(file.toString());
    }
    SimulatedContent content = new SimulatedContent();
    names.change(null, file, content);
    return new OpenFile(content, true);
  }

  @Override
  public File open(Path file) throws IOException {
    return new OpenFile(existing(file), true);
  }

  @Override
  public File openToRead(Path file) throws IOException {
    return new OpenFile(existing(file), false);
  }

  @Override
  public void rename(Path from, Path to) throws IOException {
    change("rename", from);
    names.change(from, to, existing(from));
  }

  @Override
  public void delete(Path file) throws IOException {
    change("delete", file);
    existing(file);
    names.change(file, null, null);
  }

  @Override
  public List<Path> list(Path directory) {
    return files().stream().filter(file -> directory.equals(file.getParent())).toList();
  }

  @Override
  public void createDirectory(Path directory) throws IOException {
    change("createDirectory", directory);
  }

  @Override
  public void forceDirectory(Path directory) throws IOException {
    change("forceDirectory", directory);
    if (!liesAboutSyncs && !forgetsNames) {
      names.force();
    }
  }

  @Override
  public long freeBytes(Path directory) {
    long used = names.now.values().stream().mapToLong(content -> content.now.length).sum();
    return Math.max(0, capacity - used);
  }

  @Override
  public Optional<Closeable> lock(Path file) {
    if (locked.contains(file)) {
      return Optional.empty();
    }
    locked.add(file);
    return Optional.of(() -> locked.remove(file));
  }

  private final class OpenFile implements File {
    private final SimulatedContent content;
    private final boolean writable;
    private boolean closed;

    OpenFile(SimulatedContent content, boolean writable) {
      this.content = content;
      this.writable = writable;
    }

    @Override
    public long size() {
      return content.now.length;
    }

    @Override
    public int read(ByteBuffer target, long position) throws IOException {
      requireOpen();
      int length = Math.clamp(content.now.length - position, 0, target.remaining());
      if (length > 0) {
        target.put(content.now, (int) position, length);
      }
      return length;
    }

    @Override
    public void write(ByteBuffer source, long position) throws IOException {
      requireWritable();
      change("write", this::name);
      content.write(source, (int) position);
    }

    @Override
    public void zero(long from, long to) throws IOException {
      if (from < to) {
        write(ByteBuffer.allocate((int) (to - from)), from);
      }
    }

    @Override
    public void force(Extent extent) throws IOException {
      requireWritable();
      try {
        change("force", this::name);
      } catch (IOException e) {
        // What write-back failed for is clean to the kernel: no later sync will try it again.
        content.unsynced.clear();
        throw e;
      }
      if (!liesAboutSyncs) {
        content.force();
      }
    }

    @Override
    public void close() {
      closed = true;
    }

    private void requireOpen() throws IOException {
      if (closed) {
        throw new IOException("closed: " + name());
      }
    }

    private void requireWritable() throws IOException {
      requireOpen();
      if (!writable) {
        throw new IOException("opened for reading: " + name());
      }
    }

    /// The present name: a file may have been renamed since it was opened.
    private Path name() {
      return names.now.entrySet().stream()
          .filter(entry -> entry.getValue() == content)
          .map(Map.Entry::getKey)
          .findFirst()
          .orElse(Path.of("deleted"));
    }
  }
}
