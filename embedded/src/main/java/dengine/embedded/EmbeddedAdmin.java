package dengine.embedded;

import dengine.api.Admin;
import dengine.api.ClusterMembership;
import dengine.api.InvalidRequestException;
import dengine.api.NewMember;
import dengine.api.OutcomeUnknownException;
import dengine.api.Snapshot;
import dengine.api.SnapshotFailedException;
import dengine.engine.Node;
import dengine.engine.NodeException;
import dengine.engine.spi.SnapshotStore;
import dengine.engine.spi.StorageException;
import dengine.raft.Membership;
import dengine.raft.MembershipChange;
import dengine.raft.Refusal;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;

/// What operators do, on the node in this process.
final class EmbeddedAdmin implements Admin {

  private static final int PIECE_BYTES = 256 << 10;

  private final Node node;
  private final Members members;
  private final Failures failures;
  private final Duration deadline;

  EmbeddedAdmin(Node node, Members members, Failures failures, Duration deadline) {
    if (deadline.isNegative() || deadline.isZero()) {
      throw new IllegalArgumentException("deadline = " + deadline + ", permitted: > 0");
    }
    this.node = node;
    this.members = members;
    this.failures = failures;
    this.deadline = deadline;
  }

  @Override
  public Admin withDeadline(Duration longest) {
    return new EmbeddedAdmin(node, members, failures, longest);
  }

  @Override
  public Duration deadline() {
    return deadline;
  }

  @Override
  public ClusterMembership listMembers() {
    try {
      return members.view();
    } catch (NodeException failure) {
      throw failures.of(failure);
    }
  }

  @Override
  public long add(NewMember member) {
    tellOwnAddress();
    return change(
        new MembershipChange.Add(
            member.id(),
            new Membership.Member(
                member.address(), member.incarnation(), member.readOnly(), member.replaces())));
  }

  /// A node that is alone may have moved since its address was written down, or never had one; who
  /// joins has to find it.
  private void tellOwnAddress() {
    Optional<String> moved = members.movedAlone();
    if (moved.isPresent()) {
      if (moved.get().isEmpty()) {
        throw new InvalidRequestException(
            "this node has no address at which others could reach it: start it with one");
      }
      var _ = change(new MembershipChange.Readdress(node.id(), moved.get()));
    }
  }

  @Override
  public long promote(List<Integer> ids) {
    return change(new MembershipChange.Promote(requireSome(ids)));
  }

  @Override
  public long demote(int id) {
    return change(new MembershipChange.Demote(id));
  }

  @Override
  public long remove(List<Integer> ids) {
    return change(new MembershipChange.Remove(requireSome(ids)));
  }

  @Override
  public long readdress(int id, String address) {
    // Checks the address as for a new one.
    NewMember moved = new NewMember(id, address, false, 0, 0);
    return change(new MembershipChange.Readdress(moved.id(), moved.address()));
  }

  private static List<Integer> requireSome(List<Integer> ids) {
    if (ids.isEmpty()) {
      throw new InvalidRequestException("ids", "none", "one or more");
    }
    return ids;
  }

  private long change(MembershipChange change) {
    try {
      return node.changeMembership(change, deadline);
    } catch (NodeException failure) {
      throw failures.of(failure);
    }
  }

  @Override
  public void transferLeadership(int to) {
    try {
      node.transferLeadership(to, deadline);
    } catch (NodeException failure) {
      throw failures.of(failure);
    }
  }

  @Override
  public Snapshot createSnapshot() {
    CompletableFuture<SnapshotStore.Snapshot> taken = node.snapshot();
    try {
      return described(taken.get(deadline.toNanos(), TimeUnit.NANOSECONDS));
    } catch (TimeoutException e) {
      throw new OutcomeUnknownException(
          "the snapshot was not finished within " + deadline.toMillis() + " ms; it goes on", e);
    } catch (ExecutionException e) {
      throw snapshotFailure(e.getCause() == null ? e : e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new OutcomeUnknownException("interrupted while a snapshot is taken; it goes on", e);
    }
  }

  @Override
  public Snapshot saveSnapshot(OutputStream out) throws IOException {
    try (SnapshotStore.Reading reading = node.openSnapshot()) {
      long offset = 0;
      long length = reading.snapshot().bytes();
      while (offset < length) {
        byte[] piece = reading.read(offset, (int) Math.min(PIECE_BYTES, length - offset));
        if (piece.length == 0) {
          throw new SnapshotFailedException(
              "the snapshot ends after " + offset + " of " + length + " bytes");
        }
        out.write(piece);
        offset += piece.length;
      }
      return described(reading.snapshot());
    } catch (NodeException | StorageException failure) {
      throw snapshotFailure(failure);
    }
  }

  private RuntimeException snapshotFailure(Throwable cause) {
    return switch (cause) {
      case NodeException.Refused refused
          when refused.refusal() instanceof Refusal.Invalid invalid ->
          new SnapshotFailedException(invalid.why(), refused);
      case NodeException failure -> failures.of(failure);
      default -> new SnapshotFailedException(String.valueOf(cause.getMessage()), cause);
    };
  }

  private Snapshot described(SnapshotStore.Snapshot snapshot) {
    return new Snapshot(
        node.id(),
        snapshot.point().position().index(),
        snapshot.point().position().term(),
        snapshot.bytes(),
        snapshot.createdMillis());
  }

  @Override
  public Watching watchMembership(Consumer<ClusterMembership> listener) {
    return node.watchMembership(
            now -> {
              // A node that is yet to join or to found its cluster knows nothing to tell.
              if (!now.membership().equals(Membership.NONE)) {
                listener.accept(members.view(now));
              }
            })
        ::close;
  }
}
