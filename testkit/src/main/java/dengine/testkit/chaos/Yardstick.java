package dengine.testkit.chaos;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Random;

/// What this machine can do at best, to measure others against. Each method needs the machine for
/// itself while it runs.
final class Yardstick {

  private static final int PIECE = 256 << 10;

  private Yardstick() {}

  /// Bytes per second through one plain connection on the loopback device.
  static double loopback(long bytes) throws IOException, InterruptedException {
    try (ServerSocket listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        Socket from = new Socket(listener.getInetAddress(), listener.getLocalPort());
        Socket to = listener.accept()) {
      long start = System.nanoTime();
      Thread sender = Thread.ofPlatform().daemon().start(() -> send(from, bytes));
      long received = 0;
      byte[] piece = new byte[PIECE];
      InputStream in = to.getInputStream();
      for (int n = in.read(piece); n >= 0; n = in.read(piece)) {
        received += n;
      }
      double rate = received / ((System.nanoTime() - start) / 1e9);
      sender.join();
      return rate;
    }
  }

  private static void send(Socket socket, long bytes) {
    byte[] piece = noise();
    try (OutputStream out = socket.getOutputStream()) {
      for (long sent = 0; sent < bytes; sent += PIECE) {
        out.write(piece, 0, (int) Math.min(PIECE, bytes - sent));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// Bytes per second of one file that is written from the beginning to the end and synced.
  static double disk(Path directory, long bytes) throws IOException {
    Path file = directory.resolve("yardstick");
    ByteBuffer piece = ByteBuffer.wrap(noise());
    long start = System.nanoTime();
    try (FileChannel out =
        FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      for (long written = 0; written < bytes; ) {
        piece.clear().limit((int) Math.min(PIECE, bytes - written));
        written += out.write(piece);
      }
      out.force(true);
    }
    double rate = bytes / ((System.nanoTime() - start) / 1e9);
    Files.delete(file);
    return rate;
  }

  /// How long it takes to read these files, one after the other, from the device.
  static Duration reading(List<Path> files) throws IOException, InterruptedException {
    forget(files);
    ByteBuffer piece = ByteBuffer.allocateDirect(PIECE);
    long start = System.nanoTime();
    for (Path file : files) {
      try (FileChannel in = FileChannel.open(file, StandardOpenOption.READ)) {
        while (in.read(piece.clear()) >= 0) {
          // Only that they come counts.
        }
      }
    }
    return Duration.ofNanos(System.nanoTime() - start);
  }

  /// Has the kernel drop what it remembers of files, so that they come from the device. Linux, with
  /// `dd` of coreutils.
  static void forget(List<Path> files) throws IOException, InterruptedException {
    for (Path file : files) {
      List<String> words = List.of("dd", "if=" + file, "iflag=nocache", "count=0", "status=none");
      int code = new ProcessBuilder(words).inheritIO().start().waitFor();
      if (code != 0) {
        throw new IllegalStateException(words + " ended with " + code);
      }
    }
  }

  private static byte[] noise() {
    byte[] piece = new byte[PIECE];
    new Random(1).nextBytes(piece);
    return piece;
  }
}
