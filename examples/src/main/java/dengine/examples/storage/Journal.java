package dengine.examples.storage;

import dengine.engine.spi.StorageException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/// A file of records `length:4 crc:4 synced:8 content`, only ever appended to. `synced` is how much
/// of the file was durable when the record was written: by it a torn end, which a crash leaves, is
/// told from damage. One thread; its first failure is final.
final class Journal implements AutoCloseable {

  private static final int HEADER = 16;

  /// Takes what is found, in order.
  interface Reader {
    void record(DataInputStream content) throws IOException;
  }

  /// Writes the content of a record.
  interface Content {
    void writeTo(DataOutputStream out) throws IOException;
  }

  private final Path path;
  private FileChannel file;
  private long end;
  private long synced;
  private @Nullable StorageException failure;

  Journal(Path path, Reader reader) throws IOException {
    this.path = path;
    this.file = open(path);
    ByteBuffer all = ByteBuffer.wrap(Files.readAllBytes(path));
    while (isRecord(all, (int) end)) {
      int length = all.getInt((int) end);
      reader.record(content(all, (int) end, length));
      end += HEADER + length;
    }
    refuseDamage(all);
    file.truncate(end);
    sync();
  }

  private static FileChannel open(Path path) throws IOException {
    return FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
  }

  private static DataInputStream content(ByteBuffer all, int at, int length) {
    byte[] bytes = new byte[length];
    all.get(at + HEADER, bytes);
    return new DataInputStream(new ByteArrayInputStream(bytes));
  }

  private static boolean isRecord(ByteBuffer all, int at) {
    if (all.limit() - at < HEADER) {
      return false;
    }
    int length = all.getInt(at);
    return length > 0
        && length <= all.limit() - at - HEADER
        && all.getInt(at + 4) == crc(all.slice(at + 8, 8 + length));
  }

  /// What does not check was being written when the power went, unless a later record knows it to
  /// have been durable.
  private void refuseDamage(ByteBuffer all) {
    for (int at = (int) end + 1; at < all.limit() - HEADER; at++) {
      if (isRecord(all, at) && all.getLong(at + 8) > end) {
        throw new StorageException.Corrupt(path, end, "the record does not verify");
      }
    }
  }

  private static int crc(ByteBuffer bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes);
    return (int) crc.getValue();
  }

  private static ByteBuffer record(long synced, Content content) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(bytes);
    out.writeLong(0);
    out.writeLong(synced);
    content.writeTo(out);
    ByteBuffer record = ByteBuffer.wrap(bytes.toByteArray());
    int length = record.limit() - HEADER;
    record.putInt(0, length).putInt(4, crc(record.slice(8, 8 + length)));
    return record;
  }

  void append(Content content) {
    guarded(
        "write",
        () -> {
          ByteBuffer record = record(synced, content);
          int size = record.limit();
          while (record.hasRemaining()) {
            int _ = file.write(record, end + record.position());
          }
          end += size;
        });
  }

  void force() {
    guarded("sync", this::sync);
  }

  private void sync() throws IOException {
    file.force(true);
    synced = end;
  }

  /// Begins anew with these records; after a crash the old file is there, or the new one.
  void replace(List<Content> contents) {
    guarded(
        "rewrite",
        () -> {
          Path next = path.resolveSibling("journal.new");
          Files.deleteIfExists(next);
          file.close();
          file = open(next);
          end = 0;
          synced = 0;
          for (Content content : contents) {
            append(content);
          }
          sync();
          Files.move(next, path, StandardCopyOption.ATOMIC_MOVE);
          syncDirectory(path);
        });
  }

  static void syncDirectory(Path child) throws IOException {
    try (FileChannel directory =
        FileChannel.open(child.toAbsolutePath().getParent(), StandardOpenOption.READ)) {
      directory.force(true);
    }
  }

  private interface Work {
    void run() throws IOException;
  }

  /// A failed sync must not be tried again: the kernel would report success, and the data is gone.
  private void guarded(String what, Work work) {
    if (failure != null) {
      throw failure;
    }
    try {
      work.run();
    } catch (IOException e) {
      failure = new StorageException.IoFailure(what, path, e);
      throw failure;
    }
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
