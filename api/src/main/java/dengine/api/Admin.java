package dengine.api;

import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;

/// What operators do with a cluster, blocking. `EmbeddedEngine` and `GrpcClient` have one alike.
/// Safe for any number of threads.
///
/// **Outcomes.** A change that returns is committed. One that throws a [RejectedException] did not
/// and will not happen; [MembershipChangeRefusedException] says why. One that throws
/// [OutcomeUnknownException] may or may not take effect: look at [#listMembers].
///
/// **Who does it.** Members are changed, and leadership is handed over, by the leader:
/// `GrpcClient`'s admin finds it, an embedded engine's throws [NotLeaderException] elsewhere.
/// Everything else is answered by any node, of itself.
///
/// **Deadlines.** Every call ends within [#deadline], [#saveSnapshot] when nothing comes for so
/// long.
public interface Admin {

  /// The same with another deadline for each call.
  ///
  /// @param deadline longest time a call may take, retries included; positive
  Admin withDeadline(Duration deadline);

  /// Longest time a call may take.
  Duration deadline();

  /// The configuration that counts at present, perhaps not yet committed. On the leader with how
  /// far each member is behind.
  ClusterMembership listMembers();

  /// The members alone, see [#listMembers].
  default List<ClusterMember> members() {
    return listMembers().members();
  }

  /// Takes a node in as a learner. It may be started before or after. Unless it is read-only it is
  /// promoted by itself when it has caught up, with others so that the number of voters is odd.
  ///
  /// @return index of the committed configuration
  long add(NewMember member);

  /// Takes a node in as a learner, see [#add].
  default long addLearner(int id, String address, boolean readOnly) {
    return add(new NewMember(id, address, readOnly, 0, 0));
  }

  /// Gives learners a vote, all in one step; read-only ones too, which nothing else does.
  ///
  /// @return index of the committed configuration
  long promote(List<Integer> ids);

  /// Makes a voter a learner, which stays one until it is promoted by hand.
  ///
  /// @return index of the committed configuration
  long demote(int id);

  /// Takes members out, all in one step; the leader may be one of them.
  ///
  /// @return index of the committed configuration
  long remove(List<Integer> ids);

  /// Says where a member is from now on.
  ///
  /// @return index of the committed configuration
  long readdress(int id, String address);

  /// Puts a new node in the place of a member, which may be dead: the new one joins as a learner
  /// and gets the vote of the old one in the step in which that one leaves. Waits for it within
  /// the deadline; what takes longer goes on by itself.
  default Replacement replace(int oldId, int newId, String newAddress) {
    if (oldId < 1) {
      throw new InvalidRequestException("old id", oldId, ">= 1");
    }
    long start = System.nanoTime();
    add(new NewMember(newId, newAddress, false, 0, oldId));
    Duration left = deadline().minusNanos(System.nanoTime() - start);
    return Replacement.await(this, oldId, newId, left);
  }

  /// Hands leadership to another voter.
  ///
  /// @param to the voter, or 0 for the one with the most of the log
  void transferLeadership(int to);

  /// Takes a snapshot of what the node has applied, even if its policy would not. May take long:
  /// give it a deadline that fits the data; servers grant up to a day.
  ///
  /// `GrpcClient`'s admin asks the leader, but a node that does not lead if that cannot be reached.
  /// Whoever needs everything that was acknowledged until now makes a linearizable read first and
  /// compares its revision with [Snapshot#index]; [Snapshot#nodeId] tells whose it is.
  ///
  /// @throws OutcomeUnknownException if that takes longer; it goes on
  /// @throws SnapshotFailedException if it cannot be done
  Snapshot createSnapshot();

  /// Writes the newest snapshot as it is on disk, for a backup. What was written before an
  /// exception is no snapshot. It may be older than one that another node took, and is asked for as
  /// in [#createSnapshot].
  ///
  /// @param out not closed
  /// @return which one it was
  /// @throws SnapshotFailedException if there is none, or it cannot be read
  /// @throws IOException if `out` throws it
  Snapshot saveSnapshot(OutputStream out) throws IOException;

  /// Tells the committed configuration at once, and every one that is committed from then on, in
  /// the order of their indexes, never an older one after a newer one. One that is slow may miss
  /// those in between, never the last.
  ///
  /// @param listener called by one thread at a time; should not wait
  Watching watchMembership(Consumer<ClusterMembership> listener);

  /// Somebody is being told.
  interface Watching extends AutoCloseable {

    /// No call begins afterwards.
    @Override
    void close();
  }
}
