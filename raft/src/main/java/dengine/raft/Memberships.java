package dengine.raft;

import java.util.ArrayDeque;
import java.util.List;

/// The configurations of the log that may still be taken back, over the last committed one. The
/// newest counts from the moment it is appended (§6); one whose entry is truncated gives way to the
/// one before it (rule M4).
final class Memberships {

  private record Step(long index, Membership membership) {

    /// Whether what it knows of a node's disk is not of another one.
    boolean isOf(int id, long incarnation) {
      long known = membership.member(id).incarnation();
      return known == 0 || known == incarnation;
    }
  }

  /// Ascending; the first is committed.
  private final ArrayDeque<Step> steps = new ArrayDeque<>();

  /// @param index of the committed configuration's entry; 0 if it is in no entry
  /// @param entries further ones, ascending
  Memberships(long index, Membership committed, List<Entry> entries) {
    steps.add(new Step(index, committed));
    entries.stream().filter(entry -> entry.index() > index).forEach(this::append);
  }

  /// What counts.
  Membership effective() {
    return steps.getLast().membership;
  }

  /// Where that stands in the log.
  long index() {
    return steps.getLast().index;
  }

  /// What can no longer be taken back.
  Membership committed() {
    return steps.getFirst().membership;
  }

  /// Where that stands in the log.
  long committedIndex() {
    return steps.getFirst().index;
  }

  /// Whether a node has a vote, with this disk, in any configuration that may turn out to be the
  /// one.
  boolean mayVote(int id, long incarnation) {
    return steps.stream()
        .anyMatch(step -> step.membership.isVoter(id) && step.isOf(id, incarnation));
  }

  /// Whether any configuration that may turn out to be the one has a node with this disk.
  boolean hasDisk(int id, long incarnation) {
    return steps.stream()
        .anyMatch(step -> step.membership.isMember(id) && step.isOf(id, incarnation));
  }

  void append(Entry entry) {
    assert entry.index() > index() : entry + " after the configuration of " + index();
    steps.add(new Step(entry.index(), Membership.decode(entry.payload())));
  }

  void truncateFrom(long index) {
    while (index() >= index) {
      if (steps.size() == 1) {
        throw new IllegalStateException(
            "the committed configuration of " + index() + " would be truncated from " + index);
      }
      steps.removeLast();
    }
  }

  /// Everything up to `index` is committed; whether that makes another configuration the committed
  /// one.
  boolean commitTo(long index) {
    long before = committedIndex();
    while (steps.size() > 1 && second().index <= index) {
      steps.removeFirst();
    }
    return committedIndex() != before;
  }

  private Step second() {
    var iterator = steps.iterator();
    iterator.next();
    return iterator.next();
  }

  /// Rule C2: what a snapshot says replaces everything the log said.
  void reset(long index, Membership membership) {
    steps.clear();
    steps.add(new Step(index, membership));
  }
}
