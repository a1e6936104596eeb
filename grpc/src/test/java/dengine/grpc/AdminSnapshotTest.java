package dengine.grpc;

import static dengine.grpc.AdminServiceTest.code;
import static dengine.grpc.AdminServiceTest.failure;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dengine.api.SnapshotFailedException;
import dengine.proto.error.ErrorCode;
import dengine.proto.v1.AdminGrpc;
import dengine.proto.v1.AdminGrpc.AdminBlockingStub;
import dengine.proto.v1.CreateSnapshotRequest;
import dengine.proto.v1.Failure;
import dengine.proto.v1.SaveSnapshotRequest;
import dengine.proto.v1.SaveSnapshotResponse;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Snapshots that operators ask a node for.
@Timeout(60)
final class AdminSnapshotTest {

  private Served served;
  private AdminBlockingStub admin;

  @BeforeEach
  void serve() throws Exception {
    served = new Served(ServiceOptions.DEFAULT);
    admin = AdminGrpc.newBlockingStub(served.channel).withDeadlineAfter(30, TimeUnit.SECONDS);
  }

  @AfterEach
  void stop() {
    served.close();
  }

  @Test
  void takingASnapshotMayLastAsLongAsTheCallerWaits() throws Exception {
    served.close();
    Duration brief = Duration.ofMillis(100);
    served =
        new Served(
            new ServiceOptions(
                ServiceOptions.DEFAULT.defaultPolicy(), true, brief, brief, 10, 1000, 0));
    admin = AdminGrpc.newBlockingStub(served.channel);

    var _ = admin.createSnapshot(CreateSnapshotRequest.getDefaultInstance());
    var _ =
        admin
            .withDeadlineAfter(2, TimeUnit.HOURS)
            .createSnapshot(CreateSnapshotRequest.getDefaultInstance());

    assertThat(served.admin.deadlines).first().isEqualTo(AdminCalls.LONGEST_SNAPSHOT);
    assertThat(served.admin.deadlines)
        .last()
        .satisfies(
            left -> assertThat(left).isBetween(Duration.ofMinutes(110), Duration.ofHours(2)));
  }

  @Test
  void whoGoesAwayWhileASnapshotIsTakenMakesRoomForAnother() {
    served.admin.gate = new CountDownLatch(1);
    var context = io.grpc.Context.current().withCancellation();
    List<CompletableFuture<?>> waiting = new ArrayList<>();
    for (int i = 0; i < AdminCalls.MAX_SNAPSHOTS; i++) {
      waiting.add(
          CompletableFuture.runAsync(
              () -> context.run(() -> assertThat(code(this::takeSnapshot)).isNotNull()),
              Thread::startVirtualThread));
    }
    while (served.admin.asked.size() < AdminCalls.MAX_SNAPSHOTS) {
      Thread.onSpinWait();
    }
    Failure refused = failure(this::takeSnapshot, Status.Code.RESOURCE_EXHAUSTED);

    context.cancel(null);
    waiting.forEach(CompletableFuture::join);

    assertThat(refused.getCode()).isEqualTo(ErrorCode.RATE_LIMITED);
    served.admin.gate = null;
    // The server hears of it a little later.
    while (true) {
      try {
        takeSnapshot();
        return;
      } catch (StatusRuntimeException full) {
        assertThat(full.getStatus().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
      }
    }
  }

  private void takeSnapshot() {
    var _ = admin.createSnapshot(CreateSnapshotRequest.getDefaultInstance());
  }

  @Test
  void aSnapshotArrivesAsItIsWithItsDigest() throws Exception {
    served.admin.file = new byte[5 * PieceStream.PIECE_BYTES + 17];
    new Random(4).nextBytes(served.admin.file);

    List<SaveSnapshotResponse> parts = new ArrayList<>();
    admin.saveSnapshot(SaveSnapshotRequest.getDefaultInstance()).forEachRemaining(parts::add);

    SaveSnapshotResponse.End end = parts.removeLast().getEnd();
    ByteString all =
        parts.stream()
            .map(SaveSnapshotResponse::getPiece)
            .reduce(ByteString.EMPTY, ByteString::concat);
    assertThat(parts).hasSize(6);
    assertThat(all.toByteArray()).isEqualTo(served.admin.file);
    assertThat(end.getSnapshot().getBytes()).isEqualTo(all.size());
    assertThat(end.getSha256().toByteArray())
        .isEqualTo(MessageDigest.getInstance("SHA-256").digest(served.admin.file));
  }

  @Test
  void aSnapshotThatTurnsOutToBeDamagedHasNoEnd() {
    served.admin.file = new byte[1000];
    served.admin.damage = new SnapshotFailedException("block 3 at 4096 does not check");
    List<SaveSnapshotResponse> parts = new ArrayList<>();

    Failure told =
        failure(
            () ->
                admin
                    .saveSnapshot(SaveSnapshotRequest.getDefaultInstance())
                    .forEachRemaining(parts::add),
            Status.Code.FAILED_PRECONDITION);

    assertThat(told.getMessage()).isEqualTo("block 3 at 4096 does not check");
    assertThat(parts).noneMatch(SaveSnapshotResponse::hasEnd);
  }

  @Test
  void aSnapshotIsReadFromTheDiskNoFasterThanItIsReadFromTheNetwork() throws Exception {
    served.close();
    served =
        new Served(
            new ServiceOptions(
                ServiceOptions.DEFAULT.defaultPolicy(),
                true,
                Duration.ofMillis(100),
                Duration.ofMillis(300),
                10,
                1000,
                0));
    served.admin.file = new byte[64 << 20];
    admin = AdminGrpc.newBlockingStub(served.channel);

    // Nobody reads: the server gives up.
    Iterator<SaveSnapshotResponse> parts =
        admin.saveSnapshot(SaveSnapshotRequest.getDefaultInstance());
    served.admin.saveEnded.await();
    List<SaveSnapshotResponse> read = new ArrayList<>();

    assertThat(code(() -> parts.forEachRemaining(read::add))).isEqualTo(Status.Code.CANCELLED);
    assertThat(read.size()).isLessThan(100);
  }
}
