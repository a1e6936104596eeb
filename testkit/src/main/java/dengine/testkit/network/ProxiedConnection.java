package dengine.testkit.network;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.util.Arrays;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/// One connection through a proxy: two directions, each a reader that notes when a piece came and a
/// writer that passes it on when it is due.
final class ProxiedConnection {

  private static final int PIECE_BYTES = 32 << 10;

  /// Pieces on their way in one direction; a full queue stops the reader, and so in the end the
  /// sender.
  private static final int MAX_PIECES = 64;

  /// Bytes that arrived at a moment; none means that the sender will send no more.
  @SuppressWarnings("ArrayRecordComponent")
  private record Piece(long arrived, byte[] bytes) {}

  private final Socket client;
  private final Socket server;
  private final Gate gate;

  ProxiedConnection(Socket client, Socket server, Gate gate) {
    this.client = client;
    this.server = server;
    this.gate = gate;
  }

  /// Passes bytes in both directions until both have ended.
  void run(AtomicLong forwardBytes, AtomicLong backwardBytes) {
    Thread backward =
        Thread.startVirtualThread(() -> passAll(server, client, false, backwardBytes));
    passAll(client, server, true, forwardBytes);
    join(backward);
    close(client);
    close(server);
  }

  void reset() {
    reset(client);
    reset(server);
  }

  /// Closes so that the other end sees a reset.
  static void reset(Socket socket) {
    try {
      socket.setSoLinger(true, 0);
    } catch (IOException e) {
      // Closed already: then there is nobody left to be told.
    }
    close(socket);
  }

  void halfClose() {
    shutdownOutput(server);
  }

  private void passAll(Socket from, Socket to, boolean forward, AtomicLong bytes) {
    BlockingQueue<Piece> pieces = new ArrayBlockingQueue<>(MAX_PIECES);
    Thread reader = Thread.startVirtualThread(() -> read(from, pieces));
    try {
      OutputStream out = to.getOutputStream();
      for (Piece piece = pieces.take(); piece.bytes().length > 0; piece = pieces.take()) {
        long due = piece.arrived() + gate.mode().delay().toNanos();
        TimeUnit.NANOSECONDS.sleep(due - System.nanoTime());
        gate.pass(forward);
        bytes.addAndGet(piece.bytes().length);
        out.write(piece.bytes());
      }
      gate.pass(forward);
      shutdownOutput(to);
    } catch (IOException | InterruptedException e) {
      // The receiver is gone. The sender must notice, and the reader must not wait for room.
      reset(from);
      reader.interrupt();
    }
    join(reader);
  }

  private static void read(Socket from, BlockingQueue<Piece> pieces) {
    byte[] buffer = new byte[PIECE_BYTES];
    try {
      InputStream in = from.getInputStream();
      for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
        pieces.put(new Piece(System.nanoTime(), Arrays.copyOf(buffer, count)));
      }
      pieces.put(new Piece(System.nanoTime(), new byte[0]));
    } catch (IOException e) {
      end(pieces);
    } catch (InterruptedException e) {
      // The writer gave up: nobody takes pieces any more.
    }
  }

  private static void end(BlockingQueue<Piece> pieces) {
    try {
      pieces.put(new Piece(System.nanoTime(), new byte[0]));
    } catch (InterruptedException e) {
      // As above.
    }
  }

  private static void shutdownOutput(Socket socket) {
    try {
      socket.shutdownOutput();
    } catch (IOException e) {
      // Gone already, which says more than a half-close.
    }
  }

  private static void join(Thread thread) {
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void close(Socket socket) {
    try {
      socket.close();
    } catch (IOException e) {
      // Nothing depends on it: the file descriptor is released all the same.
    }
  }
}
