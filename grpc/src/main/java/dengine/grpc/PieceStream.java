package dengine.grpc;

import com.google.protobuf.UnsafeByteOperations;
import dengine.api.Snapshot;
import dengine.proto.v1.SaveSnapshotResponse;
import io.grpc.stub.ServerCallStreamObserver;
import java.io.IOException;
import java.io.OutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.Arrays;

/// Sends what is written to it as pieces, no faster than they are read.
///
/// Written by one thread, which waits while the network has no room; that one's thread wakes it.
final class PieceStream extends OutputStream {

  /// Bytes of a piece. What is handed to the network before it has to say that there is room is
  /// little more, so that a snapshot stays on the disk until somebody reads it.
  static final int PIECE_BYTES = 128 << 10;

  private final ServerCallStreamObserver<SaveSnapshotResponse> caller;
  private final long stallNanos;
  private final MessageDigest digest;
  private byte[] piece = new byte[PIECE_BYTES];
  private int filled;

  /// Made while the call is being handled, when handlers may still be set.
  ///
  /// @param stall longest time the caller may read nothing
  PieceStream(ServerCallStreamObserver<SaveSnapshotResponse> caller, Duration stall) {
    this.caller = caller;
    this.stallNanos = stall.toNanos();
    this.digest = sha256();
    caller.setOnReadyHandler(this::wake);
    caller.setOnCancelHandler(this::wake);
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  private synchronized void wake() {
    notifyAll();
  }

  @Override
  public void write(int oneByte) throws IOException {
    write(new byte[] {(byte) oneByte}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    int done = 0;
    while (done < length) {
      int part = Math.min(length - done, piece.length - filled);
      System.arraycopy(bytes, offset + done, piece, filled, part);
      filled += part;
      done += part;
      if (filled == piece.length) {
        send();
      }
    }
  }

  /// Ends the call: all of it was written.
  void finish(Snapshot snapshot) throws IOException {
    if (filled > 0) {
      send();
    }
    awaitRoom();
    SaveSnapshotResponse.End.Builder end =
        SaveSnapshotResponse.End.newBuilder()
            .setSnapshot(Views.snapshot(snapshot))
            .setSha256(UnsafeByteOperations.unsafeWrap(digest.digest()));
    caller.onNext(SaveSnapshotResponse.newBuilder().setEnd(end).build());
    caller.onCompleted();
  }

  private void send() throws IOException {
    awaitRoom();
    byte[] full = filled == piece.length ? piece : Arrays.copyOf(piece, filled);
    digest.update(full);
    caller.onNext(
        SaveSnapshotResponse.newBuilder().setPiece(UnsafeByteOperations.unsafeWrap(full)).build());
    // The network has the array now.
    piece = new byte[PIECE_BYTES];
    filled = 0;
  }

  private synchronized void awaitRoom() throws IOException {
    long start = System.nanoTime();
    while (!caller.isReady()) {
      long left = stallNanos - (System.nanoTime() - start);
      if (caller.isCancelled()) {
        throw new IOException("the caller has gone");
      }
      if (left <= 0) {
        throw new IOException("the caller read nothing for " + stallNanos / 1_000_000 + " ms");
      }
      try {
        wait(left / 1_000_000 + 1);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException("interrupted", e);
      }
    }
  }
}
