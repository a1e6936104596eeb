package dengine.raft;

import java.util.List;
import java.util.Optional;

/// Mistakes that implementations of Raft have made, made on purpose around a correct core: by what
/// it is told, by what becomes of what it says, or by what its disk and clock do. The [Simulation]
/// must find each of them by what it does to users or to the log, not by looking for it.
enum PlantedBug {
  NONE,

  /// D4: a write counts as durable when it is handed to the disk.
  CONFIRMS_BEFORE_SYNC {
    @Override
    boolean confirmsAtOnce(SimulatedHost host) {
      return true;
    }
  },

  /// D5, L12: the leader counts its own copy before its sync returned.
  LEADER_COUNTS_ITS_UNSYNCED_COPY {
    @Override
    boolean confirmsAtOnce(SimulatedHost host) {
      return host.isLeader();
    }
  },

  /// D1, E1: the vote is not on disk when the grant leaves.
  FORGETS_ITS_VOTE_IN_A_CRASH {
    @Override
    boolean isFoundByPromises() {
      // a node that restarts votes for nobody for a while, which hides this one from users
      return true;
    }

    @Override
    void crashed(SimulatedNode node) {
      HardState hard = node.disk().durable().hard();
      node.disk().damage(new HardState(hard.term(), 0), Long.MAX_VALUE);
    }
  },

  /// D8: the term is not on disk.
  FORGETS_ITS_TERM_IN_A_CRASH {
    @Override
    void crashed(SimulatedNode node) {
      SimulatedDisk.Image durable = node.disk().durable();
      node.disk().damage(new HardState(durable.last().term(), 0), Long.MAX_VALUE);
    }
  },

  /// S1: the disk said that the entries are there, and they are not.
  LOSES_THE_SYNCED_TAIL_IN_A_CRASH {
    @Override
    void crashed(SimulatedNode node) {
      SimulatedDisk.Image durable = node.disk().durable();
      node.disk().damage(durable.hard(), Math.max(0, durable.lastIndex() - 2));
    }
  },

  /// L3: an acknowledgement covers the follower's whole log, not what the request covered.
  ACKNOWLEDGES_ITS_LAST_INDEX {
    @Override
    Message sent(SimulatedHost host, int to, Message message) {
      return message instanceof Message.Replicated(long t, long session, long _, long at)
          ? new Message.Replicated(t, session, host.node().disk().written().lastIndex(), at)
          : message;
    }
  },

  /// L3: a leader takes the answer to a heartbeat for an acknowledgement of data.
  HEARTBEAT_ANSWERS_COUNT_AS_DATA {
    @Override
    List<Message> received(SimulatedHost host, int from, Message message) {
      return message instanceof Message.HeartbeatAck(long t, long session, long _, long at)
          ? List.of(message, new Message.Replicated(t, session, lastOf(host), at))
          : List.of(message);
    }

    private long lastOf(SimulatedHost host) {
      return host.node().raft().last().index();
    }
  },

  /// L2: a follower takes the leader's commit index for its own whole log.
  COMMITS_ITS_UNPROVEN_TAIL {
    @Override
    List<Message> received(SimulatedHost host, int from, Message message) {
      return message instanceof Message.Heartbeat(long t, long s, long commit, long _, long at)
              && t >= host.node().raft().hardState().term()
          ? List.of(message, new Message.Replicate(t, s, upTo(host, t), List.of(), commit, at))
          : List.of(message);
    }

    private Position upTo(SimulatedHost host, long term) {
      Position last = host.node().raft().last();
      return last.term() <= term ? last : Position.ORIGIN;
    }
  },

  /// E3: votes for any log.
  VOTES_FOR_A_SHORTER_LOG {
    @Override
    List<Message> received(SimulatedHost host, int from, Message message) {
      Position best = new Position(Long.MAX_VALUE, Long.MAX_VALUE);
      return message instanceof Message.AskVote(long t, Position _, boolean pre, boolean transfer)
          ? List.of(new Message.AskVote(t, best, pre, transfer))
          : List.of(message);
    }
  },

  /// E2: votes twice in one term.
  VOTES_TWICE {
    @Override
    Message sent(SimulatedHost host, int to, Message message) {
      return message instanceof Message.Vote(long term, boolean _, boolean pre) && !pre
          ? new Message.Vote(term, true, false)
          : message;
    }
  },

  /// Figure 2: entries of a leader of an earlier term are taken as the present leader's.
  IGNORES_THE_TERM_OF_A_LEADER {
    @Override
    List<Message> received(SimulatedHost host, int from, Message message) {
      return message instanceof Message.Replicate m && !host.isLeader()
          ? List.of(
              new Message.Replicate(
                  Math.max(m.term(), host.node().raft().hardState().term()),
                  m.session(),
                  m.previous(),
                  m.entries(),
                  m.commit(),
                  m.sentAt()))
          : List.of(message);
    }
  },

  /// R2: an answer to an earlier round confirms any later one.
  OLD_ANSWERS_CONFIRM_NEW_READS {
    @Override
    List<Message> received(SimulatedHost host, int from, Message message) {
      return message instanceof Message.HeartbeatAck(long t, long session, long _, long at)
          ? List.of(new Message.HeartbeatAck(t, session, Long.MAX_VALUE, at))
          : List.of(message);
    }
  },

  /// R3: a read does not wait until the state machine has come to its index.
  READS_BEFORE_APPLYING {
    @Override
    boolean readsBeforeApplying() {
      return true;
    }
  },

  /// R4: the lease counts from when the answer arrived.
  LEASE_FROM_THE_ANSWER {
    @Override
    List<Message> received(SimulatedHost host, int from, Message message) {
      return switch (message) {
        case Message.HeartbeatAck(long t, long session, long round, long _) ->
            List.of(new Message.HeartbeatAck(t, session, round, host.clock()));
        case Message.Replicated(long t, long session, long matched, long _) ->
            List.of(new Message.Replicated(t, session, matched, host.clock()));
        default -> List.of(message);
      };
    }
  },

  /// R4: clocks run faster or slower than the lease allows for.
  CLOCKS_DRIFT_BEYOND_THE_BOUND {
    @Override
    double clockRate(int node, double rate) {
      return node == 1 ? rate : rate * 4;
    }
  },

  /// R6: voters elect another leader although they promised not to.
  VOTERS_BREAK_THEIR_PROMISE {
    @Override
    List<Message> received(SimulatedHost host, int from, Message message) {
      return message instanceof Message.AskVote(long t, Position last, boolean pre, boolean _)
          ? List.of(new Message.AskVote(t, last, pre, true))
          : List.of(message);
    }

    @Override
    Message sent(SimulatedHost host, int to, Message message) {
      return message instanceof Message.Vote(long t, boolean granted, boolean pre)
              && pre
              && !granted
          ? new Message.Vote(t + 1, true, true)
          : message;
    }
  },

  /// R5: the lease is trusted after another node was told to campaign.
  KEEPS_THE_LEASE_IN_A_HANDOVER {
    @Override
    boolean keepsLeaseInHandover() {
      return true;
    }
  },

  /// C1: after a restart the log goes on after the snapshot with what that replaced.
  KEEPS_THE_LOG_THAT_A_SNAPSHOT_REPLACED {
    @Override
    void crashed(SimulatedNode node) {
      node.disk().regainReplaced();
    }
  },

  /// C2: whoever installs a snapshot goes on with the configuration that its log had.
  IGNORES_THE_MEMBERSHIP_OF_A_SNAPSHOT {
    @Override
    SnapshotPoint fetched(SimulatedNode node, SnapshotPoint point) {
      return new SnapshotPoint(
          point.position(), point.time(), node.raft().membership(), point.membershipIndex());
    }
  },

  /// C3: the state machine gets an older state than the log begins after.
  INSTALLS_AN_OLDER_SNAPSHOT {
    @Override
    SnapshotPoint installed(SnapshotPoint point) {
      Position position = point.position();
      return position.index() == 1
          ? point
          : new SnapshotPoint(
              new Position(position.index() - 1, position.term()),
              point.time(),
              point.membership(),
              0);
    }
  },

  /// C5, D11, D12: entries go, and a snapshot is acknowledged, before its file is durable.
  SNAPSHOTS_COUNT_BEFORE_THEY_ARE_DURABLE {
    @Override
    boolean tellsOfSnapshotsBeforeTheyAreDurable() {
      return true;
    }
  },

  /// M1, M2: a configuration counts as committed when it is sent, so a joint one is left, and the
  /// next begun, too early.
  CONFIGURATIONS_COMMIT_AT_ONCE {
    @Override
    Optional<Message> answered(Message message) {
      return message instanceof Message.Replicate m
              && !m.entries().isEmpty()
              && m.entries().getLast().kind() == Entry.Kind.MEMBERSHIP
          ? Optional.of(
              new Message.Replicated(
                  m.term(), m.session(), m.entries().getLast().index(), m.sentAt()))
          : Optional.empty();
    }
  },

  /// M5: the old half of a joint configuration elects alone.
  THE_OLD_HALF_ELECTS_ALONE {
    @Override
    List<Integer> saidByOthers(SimulatedHost host, int from, Message message) {
      return message instanceof Message.Vote vote && vote.granted()
          ? others(host, from)
          : List.of();
    }
  },

  /// L16: a disk that was wiped is taken for the one that it replaces.
  A_LOST_DISK_IS_NOT_NOTICED {
    @Override
    boolean keepsTheIncarnationOfALostDisk() {
      return true;
    }
  },

  /// L16: a member answers a new disk before the configuration that has it is committed.
  RECOGNISES_TOO_EARLY {
    @Override
    Message sent(SimulatedHost host, int to, Message message) {
      return message instanceof Message.Recognize(long term, long incarnation, boolean _)
          ? new Message.Recognize(term, incarnation, true)
          : message;
    }
  };

  /// Those of the new half of a joint configuration that are not in the old one, if `from` is.
  private static List<Integer> others(SimulatedHost host, int from) {
    Membership present = host.isUp() ? host.node().raft().membership() : Membership.NONE;
    return present.outgoing().contains(from)
        ? present.voters().stream().filter(id -> !present.outgoing().contains(id)).toList()
        : List.of();
  }

  /// Who else seems to say the same.
  List<Integer> saidByOthers(SimulatedHost host, int from, Message message) {
    return List.of();
  }

  /// What a message that has just left seems to be answered at once.
  Optional<Message> answered(Message message) {
    return Optional.empty();
  }

  SnapshotPoint fetched(SimulatedNode node, SnapshotPoint point) {
    return point;
  }

  SnapshotPoint installed(SnapshotPoint point) {
    return point;
  }

  boolean tellsOfSnapshotsBeforeTheyAreDurable() {
    return false;
  }

  boolean keepsTheIncarnationOfALostDisk() {
    return false;
  }

  List<Message> received(SimulatedHost host, int from, Message message) {
    return List.of(message);
  }

  Message sent(SimulatedHost host, int to, Message message) {
    return message;
  }

  boolean confirmsAtOnce(SimulatedHost host) {
    return false;
  }

  void crashed(SimulatedNode node) {}

  boolean readsBeforeApplying() {
    return false;
  }

  /// Whether the ledger needs to compare what was promised with what is on disk to see it.
  boolean isFoundByPromises() {
    return false;
  }

  double clockRate(int node, double rate) {
    return rate;
  }

  boolean keepsLeaseInHandover() {
    return false;
  }
}
