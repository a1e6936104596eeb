package dengine.raft;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;

/// What a node is, with the data that exists only while it is that.
sealed interface Role {

  RoleChange.Kind kind();

  /// The leader as far as known, or 0.
  int leader();

  /// Hears a leader, or waits for one.
  record Follower(int leader) implements Role {
    @Override
    public RoleChange.Kind kind() {
      return RoleChange.Kind.FOLLOWER;
    }
  }

  /// Receives the log without a vote.
  record Learner(int leader) implements Role {
    @Override
    public RoleChange.Kind kind() {
      return RoleChange.Kind.LEARNER;
    }
  }

  /// Asks whether it would be elected, without changing any term (thesis §9.6).
  record PreCandidate(Votes votes) implements Role {
    @Override
    public RoleChange.Kind kind() {
      return RoleChange.Kind.PRE_CANDIDATE;
    }

    @Override
    public int leader() {
      return 0;
    }
  }

  /// Asks for votes in its term.
  record Candidate(Votes votes) implements Role {
    @Override
    public RoleChange.Kind kind() {
      return RoleChange.Kind.CANDIDATE;
    }

    @Override
    public int leader() {
      return 0;
    }
  }

  /// Leads its term.
  final class Leader implements Role {

    /// A handover in progress.
    ///
    /// @param told whether the target was told to campaign
    record Transfer(Ticket ticket, int to, long deadline, boolean told) {}

    private final int self;

    /// Index of the no-op that opened this term; once it is committed, so is everything before.
    final long firstOfTerm;

    /// Since when it leads.
    final long since;

    final long timeBase;
    final long timeBaseNow;
    final Map<Integer, Progress> peers = new TreeMap<>();

    final List<Ticket> readsWaiting = new ArrayList<>();
    final List<Ticket> readsInRound = new ArrayList<>();
    long round;
    long roundIndex;

    Optional<Transfer> transfer = Optional.empty();

    /// Set once a peer may have been told to campaign: voters no longer protect this leader, so it
    /// must not trust a lease for the rest of its term (rules R5, R6).
    boolean leaseBarred;

    /// The last entry that was appended so that time passes; what it left over is not known before
    /// it is applied.
    long timeEntry;

    long heartbeatDue;
    long commitNoticeDue = Long.MAX_VALUE;

    Leader(int self, long firstOfTerm, long timeBase, long now) {
      this.self = self;
      this.firstOfTerm = firstOfTerm;
      this.timeEntry = firstOfTerm;
      this.timeBase = timeBase;
      this.timeBaseNow = now;
      this.since = now;
      this.heartbeatDue = now;
    }

    /// The progress of a member other than this node.
    Progress peer(int id) {
      return Objects.requireNonNull(peers.get(id), "no progress of a member");
    }

    /// Cluster time: continues from the last entry with the leader's monotonic clock.
    long clusterTime(long now) {
      return timeBase + (now - timeBaseNow) / 1_000_000;
    }

    /// When it is so late, by the clock of [Raft#on].
    long nanosAt(long clusterTime) {
      return timeBaseNow + (clusterTime - timeBase) * 1_000_000;
    }

    @Override
    public RoleChange.Kind kind() {
      return RoleChange.Kind.LEADER;
    }

    @Override
    public int leader() {
      return self;
    }
  }
}
