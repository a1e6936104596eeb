package dengine.testkit.simulation;

import dengine.engine.Configuration;
import dengine.raft.Entry;
import dengine.raft.Membership;
import dengine.raft.Message;
import dengine.raft.SnapshotPoint;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/// Who takes part, by what was committed: all nodes must say the same of each index, and no disk
/// takes part that the cluster does not know.
final class Configurations {

  private record Disk(int node, long incarnation) {}

  private final Watch watch;
  private final Marks marks;

  /// By the index of their entry, as they were applied; that of the founders has none.
  private final TreeMap<Long, Membership> applied = new TreeMap<>();

  /// The terms in which they were appended.
  private final Map<Long, Long> terms = new HashMap<>();

  /// What nodes have said is committed.
  private final Map<Long, Membership> claimed = new HashMap<>();

  private final Map<Integer, Configuration> shown = new HashMap<>();
  private final Set<Disk> recognised = new HashSet<>();
  private final Set<Disk> wiped = new HashSet<>();

  /// Disks on which it is written who founded the cluster.
  private final Set<Disk> founded = new HashSet<>();

  /// Founders that nobody but a disk that is lost had written down: it was alone, so nothing came
  /// of it. Somebody may still hear of them by a message that was late.
  private final Set<Membership> forsaken = new HashSet<>();

  /// Whether there were three voters once since there was one.
  private boolean many;

  /// Whether there was one voter once since there were three.
  private boolean alone;

  Configurations(Watch watch, Marks marks) {
    this.watch = watch;
    this.marks = marks;
  }

  /// The last one that was applied anywhere; [Membership#NONE] while no cluster is founded.
  Membership last() {
    return applied.isEmpty() ? Membership.NONE : applied.lastEntry().getValue();
  }

  boolean isFounded() {
    return !applied.isEmpty();
  }

  /// A node wrote down who founds the cluster.
  void founded(Machine node, Membership founders) {
    if (founders.equals(Membership.NONE)) {
      return;
    }
    Membership known = applied.get(0L);
    if (known == null || isForsaken(known)) {
      applied.put(0L, founders);
    }
    watch.check(
        known == null || isForsaken(known) || isSame(known, founders) || isForsaken(founders),
        node,
        "a cluster was founded by " + known + ", and another one by " + founders);
    founded.add(disk(founders, node.id()));
    founders.members().forEach(id -> recognised.add(disk(founders, id)));
    alone |= founders.voters().size() == 1;
    many |= founders.voters().size() >= 3;
  }

  private static Disk disk(Membership membership, int id) {
    return new Disk(id, membership.member(id).incarnation());
  }

  /// Founders may have been configured with another address each.
  private static boolean isSame(Membership one, Membership other) {
    return one.voters().equals(other.voters())
        && one.learners().equals(other.learners())
        && one.members().stream().allMatch(id -> disk(one, id).equals(disk(other, id)));
  }

  /// A node's new disk has nothing of the old one.
  void wiped(int node, long incarnation) {
    wiped.add(new Disk(node, incarnation));
  }

  /// A node's disk is lost.
  void loses(int node) {
    founded.removeIf(disk -> disk.node() == node);
    Membership founders = applied.get(0L);
    boolean alone = founded.isEmpty() && applied.size() == 1;
    if (alone && founders != null && founders.voters().size() > 1) {
      forsaken.add(founders);
      applied.clear();
      marks.hit("founded alone and lost");
    }
  }

  private boolean isForsaken(Membership founders) {
    return forsaken.stream().anyMatch(each -> isSame(each, founders));
  }

  /// A member told a node whether the cluster knows its disk.
  void tells(Machine from, int to, Message.Recognize answer) {
    if (!answer.member()) {
      marks.hit("new disk not recognised");
      return;
    }
    Disk disk = new Disk(to, answer.incarnation());
    boolean known =
        from.world().machines().values().stream()
            .flatMap(machine -> machine.disk().log().stream())
            .flatMap(log -> log.configurations().stream())
            .anyMatch(it -> it.isMember(to) && disk(it, to).equals(disk));
    watch.check(known, from, "it recognised " + disk + ", which no configuration has");
    recognised.add(disk);
  }

  /// A node said something that only members say.
  void acts(Machine node, Message message) {
    long incarnation = node.disk().log().map(log -> log.meta().incarnation()).orElse(0L);
    watch.check(
        recognised.contains(new Disk(node.id(), incarnation)),
        node,
        "it said " + message + " before anybody recognised its disk " + incarnation);
  }

  /// An entry was applied for the first time.
  void committed(Machine node, Entry entry) {
    if (entry.kind() != Entry.Kind.MEMBERSHIP) {
      return;
    }
    Membership next = Membership.decode(entry.payload());
    Membership before = last();
    Membership claim = claimed.get(entry.index());
    watch.check(
        claim == null || claim.equals(next),
        node,
        "the configuration of " + entry.index() + " is " + next + ", somebody said " + claim);
    count(entry, before, next);
    applied.put(entry.index(), next);
    terms.put(entry.index(), entry.term());
  }

  /// A node shows what it goes by.
  void shows(Machine node, Configuration configuration) {
    if (configuration.equals(shown.put(node.id(), configuration)) || !configuration.committed()) {
      return;
    }
    Membership membership = configuration.membership();
    if (configuration.index() == 0) {
      Membership founders = applied.get(0L);
      watch.check(
          founders == null
              || membership.equals(Membership.NONE)
              || isSame(founders, membership)
              || isForsaken(membership),
          node,
          "it was founded by " + membership + ", the cluster by " + founders);
      return;
    }
    Membership known = claimed.putIfAbsent(configuration.index(), membership);
    Membership there = applied.getOrDefault(configuration.index(), known);
    watch.check(
        there == null || there.equals(membership),
        node,
        "at index " + configuration.index() + " it has " + membership + ", others " + there);
  }

  void snapshotHas(Machine node, SnapshotPoint point) {
    Map.Entry<Long, Membership> there = applied.floorEntry(point.position().index());
    boolean same =
        there != null
            && there.getKey() == point.membershipIndex()
            && (there.getKey() == 0
                ? isSame(there.getValue(), point.membership()) || isForsaken(point.membership())
                : there.getValue().equals(point.membership()));
    watch.check(same, node, "it has a snapshot with " + point + " where others have " + there);
  }

  private void count(Entry entry, Membership before, Membership next) {
    if (next.isJoint()) {
      marks.hit("joint configuration");
      int leader = watch.leader(entry.term());
      if (leader != 0 && !next.voters().contains(leader)) {
        marks.hit("leader gave away its own vote");
      }
      return;
    }
    if (before.isJoint() && terms.getOrDefault(applied.lastKey(), 0L) < entry.term()) {
      marks.hit("joint configuration left by another leader");
    }
    List<Integer> voters = next.voters();
    for (int id : voters) {
      if (wiped.remove(disk(next, id))) {
        marks.hit("voter again after its disk was lost");
      }
    }
    if (voters.size() == 1) {
      marks.hitIf(many, "three voters reduced to one");
      alone = true;
      many = false;
    } else if (voters.size() >= 3) {
      marks.hitIf(alone, "lone voter grown to three");
      alone = false;
      many = true;
    }
    if (before.isJoint()) {
      Set<Integer> left = new HashSet<>(before.outgoing());
      voters.forEach(left::remove);
      marks.hitIf(!left.isEmpty() && voters.size() == before.outgoing().size(), "voter replaced");
      marks.hitIf(voters.size() > before.outgoing().size(), "learner promoted");
    }
  }
}
