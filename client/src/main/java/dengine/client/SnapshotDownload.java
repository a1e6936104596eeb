package dengine.client;

import com.google.protobuf.ByteString;
import dengine.api.DEngineException;
import dengine.api.Snapshot;
import dengine.api.SnapshotFailedException;
import dengine.proto.v1.AdminGrpc;
import dengine.proto.v1.AdminGrpc.AdminBlockingStub;
import dengine.proto.v1.SaveSnapshotRequest;
import dengine.proto.v1.SaveSnapshotResponse;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// A snapshot on its way from a server. One piece is asked for at a time, so no more than one waits
/// here.
///
/// Used by one thread; the network's puts in what arrives.
final class SnapshotDownload extends ClientCall.Listener<SaveSnapshotResponse> {

  /// What arrived: a message, or the end of the call.
  private record Arrival(
      @Nullable SaveSnapshotResponse message, @Nullable StatusRuntimeException ended) {}

  private final ClientCall<SaveSnapshotRequest, SaveSnapshotResponse> call;
  private final Duration stall;
  private final MessageDigest digest;

  /// A message and the end of the call at most.
  private final BlockingQueue<Arrival> arrived = new ArrayBlockingQueue<>(2);

  private long bytes;

  private SnapshotDownload(AdminBlockingStub server, Duration stall) {
    this.call =
        server.getChannel().newCall(AdminGrpc.getSaveSnapshotMethod(), server.getCallOptions());
    this.stall = stall;
    try {
      this.digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  /// Fetches a server's newest snapshot.
  ///
  /// @param stall longest time in which nothing comes
  /// @throws StatusRuntimeException if the server has none to give; nothing was written
  /// @throws SnapshotFailedException if it broke off, or is not what was sent
  /// @throws UncheckedIOException if `out` throws it
  static Snapshot fetch(AdminBlockingStub server, OutputStream out, Duration stall) {
    SnapshotDownload download = new SnapshotDownload(server, stall);
    try {
      download.begin();
      return download.writeTo(out);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      download.call.cancel("over", null);
    }
  }

  private void begin() {
    call.start(this, new Metadata());
    call.sendMessage(SaveSnapshotRequest.getDefaultInstance());
    call.halfClose();
  }

  private Snapshot writeTo(OutputStream out) throws IOException {
    while (true) {
      SaveSnapshotResponse part = next();
      if (part.hasEnd()) {
        requireSame(part.getEnd().getSha256());
        return AdminViews.snapshot(part.getEnd().getSnapshot());
      }
      byte[] piece = part.getPiece().toByteArray();
      digest.update(piece);
      bytes += piece.length;
      out.write(piece);
    }
  }

  private SaveSnapshotResponse next() {
    call.request(1);
    Arrival arrival;
    try {
      arrival = arrived.poll(stall.toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new SnapshotFailedException("interrupted after " + bytes + " bytes", e);
    }
    if (arrival == null) {
      throw brokenOff("nothing came for " + stall.toMillis() + " ms", null);
    }
    SaveSnapshotResponse message = arrival.message();
    if (message != null) {
      return message;
    }
    StatusRuntimeException ended = arrival.ended();
    if (ended == null || ended.getStatus().isOk()) {
      throw brokenOff("the server ended early", null);
    }
    if (bytes == 0) {
      throw ended;
    }
    DEngineException failure = Refusals.exception(ended, false);
    throw failure instanceof SnapshotFailedException known
        ? known
        : brokenOff(String.valueOf(failure.getMessage()), failure);
  }

  private SnapshotFailedException brokenOff(String why, @Nullable Throwable cause) {
    String message = "the snapshot broke off after " + bytes + " bytes: " + why;
    return cause == null
        ? new SnapshotFailedException(message)
        : new SnapshotFailedException(message, cause);
  }

  private void requireSame(ByteString sent) {
    if (!Arrays.equals(sent.toByteArray(), digest.digest())) {
      throw new SnapshotFailedException(
          "the "
              + bytes
              + " bytes that arrived are not those that were sent: their SHA-256 differs");
    }
  }

  @Override
  public void onMessage(SaveSnapshotResponse message) {
    arrived.add(new Arrival(message, null));
  }

  @Override
  public void onClose(Status status, Metadata trailers) {
    // Nobody takes what comes after the end.
    boolean unused = arrived.offer(new Arrival(null, status.asRuntimeException(trailers)));
  }
}
