package dengine.testkit.simulation;

import dengine.engine.Condition;
import dengine.engine.spi.StorageEngine;
import dengine.raft.Membership;
import dengine.raft.Message;
import dengine.raft.Position;
import dengine.raft.RoleChange;
import dengine.storage.Disk;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A [PlantedBug] at work in one process: it stands between the node and the network, and puts
/// itself around its log. Does nothing where nothing is planted.
final class Sabotage {

  /// A message, and whom the node takes for its sender.
  record Heard(int from, Message message) {}

  private final PlantedBug bug;
  private final NodeProcess process;
  private final SabotagedMembers members;

  /// What each follower has acknowledged in the present term.
  private final Map<Integer, Long> matched = new HashMap<>();

  private Optional<SabotagedLog> log = Optional.empty();
  private Position last = Position.ORIGIN;
  private long matchedIn;
  private Optional<Condition> toldLast = Optional.empty();

  Sabotage(PlantedBug bug, NodeProcess process) {
    this.bug = bug;
    this.process = process;
    this.members = new SabotagedMembers(bug, process, this);
  }

  /// The end of the log.
  Position last() {
    return last;
  }

  PlantedBug bug() {
    return bug;
  }

  StorageEngine around(StorageEngine honest) {
    if (bug == PlantedBug.NONE) {
      return honest;
    }
    SabotagedLog around = new SabotagedLog(this, honest);
    log = Optional.of(around);
    return around;
  }

  /// The log ends here now.
  void wrote(Position end) {
    last = end;
  }

  /// What the node shows of itself instead.
  Condition shown(Condition honest) {
    if (bug != PlantedBug.LEADERSHIP_IS_ANNOUNCED_EARLY || honest.isEnding() || !leads()) {
      return honest;
    }
    return new Condition(
        honest.number(),
        Condition.Phase.SERVING,
        Optional.of(RoleChange.Kind.LEADER),
        honest.term(),
        process.machine().id(),
        honest.leaderAddress(),
        honest.isLeading() ? honest.firstCommit() : Math.max(1, last.index()),
        honest.cause());
  }

  /// What those who follow the node are told instead.
  List<Condition> told(Condition honest) {
    List<Condition> instead = new ArrayList<>(List.of(honest));
    if (bug == PlantedBug.STATE_IS_TOLD_AFTER_A_NEWER_ONE) {
      toldLast.ifPresent(instead::add);
      toldLast = Optional.of(honest);
    }
    return instead;
  }

  boolean leads() {
    return role().map(role -> role.role() == RoleChange.Kind.LEADER).orElse(false);
  }

  private Optional<RoleChange> role() {
    return Optional.ofNullable(process.life()).map(life -> life.node().role());
  }

  private long term() {
    return role().map(RoleChange::term).orElse(0L);
  }

  /// The node's disk.
  Disk around(Disk honest) {
    return bug == PlantedBug.SNAPSHOT_NOT_SYNCED ? new ForgetfulDisk(honest) : honest;
  }

  /// What the node says instead; null for nothing.
  @Nullable Message sent(int to, Message message) {
    return members.sent(to, message) ? said(message) : null;
  }

  private Message said(Message message) {
    return switch (message) {
      case Message.Vote(long t, boolean _, boolean pre)
          when bug == PlantedBug.VOTES_TWICE && !pre ->
          new Message.Vote(t, true, false);
      case Message.Vote(long t, boolean granted, boolean pre)
          when bug == PlantedBug.VOTERS_BREAK_THEIR_PROMISE && pre && !granted ->
          new Message.Vote(t + 1, true, true);
      case Message.Replicate m when commits() ->
          new Message.Replicate(
              m.term(),
              m.session(),
              m.previous(),
              m.entries(),
              Math.max(m.commit(), counted()),
              m.sentAt());
      case Message.Heartbeat m when commits() ->
          new Message.Heartbeat(
              m.term(), m.session(), Math.max(m.commit(), counted()), m.round(), m.sentAt());
      case Message.Recognize(long t, long incarnation, boolean _)
          when bug == PlantedBug.EVERY_DISK_IS_RECOGNISED ->
          new Message.Recognize(t, incarnation, true);
      default -> message;
    };
  }

  private boolean commits() {
    return bug == PlantedBug.COMMITS_WITHOUT_A_QUORUM
        || bug == PlantedBug.COMMITS_EARLIER_TERMS_BY_COUNTING;
  }

  /// Up to where the leader would commit if it only counted.
  private long counted() {
    if (bug == PlantedBug.COMMITS_WITHOUT_A_QUORUM) {
      return last.index();
    }
    if (matchedIn != term()) {
      return 0;
    }
    List<Long> all = new ArrayList<>(matched.values());
    all.add(last.index());
    all.sort(null);
    int majority = membership().voters().size() / 2 + 1;
    return all.size() < majority ? 0 : all.get(all.size() - majority);
  }

  private Membership membership() {
    return process.machine().membership();
  }

  /// What the node hears instead.
  List<Heard> received(int from, Message message) {
    List<Heard> all = new ArrayList<>();
    heard(from, message).forEach(each -> all.add(new Heard(from, each)));
    all.addAll(members.besides(from, message));
    return all;
  }

  private List<Message> heard(int from, Message message) {
    return switch (message) {
      case Message.HeartbeatAck ack -> answer(ack);
      case Message.Heartbeat beat when bug == PlantedBug.COMMITS_ITS_UNPROVEN_TAIL -> tail(beat);
      case Message.AskVote(long t, Position at, boolean pre, boolean transfer) ->
          switch (bug) {
            case VOTES_FOR_A_SHORTER_LOG -> {
              Position best = new Position(Long.MAX_VALUE, Long.MAX_VALUE);
              yield List.of(new Message.AskVote(t, best, pre, transfer));
            }
            case VOTERS_BREAK_THEIR_PROMISE -> List.of(new Message.AskVote(t, at, pre, true));
            default -> List.of(message);
          };
      case Message.Vote(long t, boolean granted, boolean _)
          when bug == PlantedBug.PRE_VOTES_COUNT_AS_VOTES && granted ->
          List.of(message, new Message.Vote(t, true, false));
      case Message.Replicate m -> List.of(replicate(m));
      case Message.Replicated m -> List.of(replicated(from, m));
      default -> List.of(message);
    };
  }

  private List<Message> answer(Message.HeartbeatAck ack) {
    return switch (bug) {
      case HEARTBEAT_ANSWERS_COUNT_AS_DATA ->
          List.of(
              ack, new Message.Replicated(ack.term(), ack.session(), last.index(), ack.sentAt()));
      case OLD_ANSWERS_CONFIRM_NEW_READS ->
          List.of(
              new Message.HeartbeatAck(ack.term(), ack.session(), Long.MAX_VALUE, ack.sentAt()));
      case LEASE_FROM_THE_ANSWER ->
          List.of(
              new Message.HeartbeatAck(ack.term(), ack.session(), ack.round(), process.nanoTime()));
      default -> List.of(ack);
    };
  }

  private List<Message> tail(Message.Heartbeat beat) {
    if (beat.term() < term() || last.term() > beat.term()) {
      return List.of(beat);
    }
    return List.of(
        beat,
        new Message.Replicate(
            beat.term(), beat.session(), last, List.of(), beat.commit(), beat.sentAt()));
  }

  private Message replicate(Message.Replicate m) {
    return switch (bug) {
      case IGNORES_THE_TERM_OF_A_LEADER ->
          leads() ? m : of(m, Math.max(m.term(), term()), m.previous());
      case PREVIOUS_TERM_NOT_COMPARED -> {
        Optional<Position> there = log.flatMap(own -> own.at(m.previous().index()));
        yield there.isPresent() && there.get().term() <= m.previous().term()
            ? of(m, m.term(), there.get())
            : m;
      }
      default -> m;
    };
  }

  private static Message of(Message.Replicate m, long term, Position previous) {
    return new Message.Replicate(term, m.session(), previous, m.entries(), m.commit(), m.sentAt());
  }

  private Message replicated(int from, Message.Replicated m) {
    if (m.term() > matchedIn) {
      matchedIn = m.term();
      matched.clear();
    }
    if (m.term() == matchedIn) {
      matched.merge(from, m.matched(), Math::max);
    }
    return switch (bug) {
      case LEARNERS_COUNT_AS_CAUGHT_UP ->
          leads() && membership().learners().contains(from)
              ? new Message.Replicated(m.term(), m.session(), last.index(), m.sentAt())
              : m;
      case LEASE_FROM_THE_ANSWER ->
          new Message.Replicated(m.term(), m.session(), m.matched(), process.nanoTime());
      default -> m;
    };
  }
}
