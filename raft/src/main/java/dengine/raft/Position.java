package dengine.raft;

/// A place in the replicated log: an index and the term under which the entry there was created.
///
/// Positions order lexicographically by term, then index: this is the "at least as up-to-date"
/// comparison of §5.4.1 of the Raft paper, never an element-wise one.
///
/// @param index 1 for the first entry ever; 0 only in [#ORIGIN]
/// @param term term of the leader that created the entry; 0 only in [#ORIGIN]
public record Position(long index, long term) implements Comparable<Position> {

  /// The place before the first entry.
  public static final Position ORIGIN = new Position(0, 0);

  public Position {
    if (index < 0 || term < 0) {
      throw new IllegalArgumentException("negative position: index=" + index + " term=" + term);
    }
  }

  @Override
  public int compareTo(Position other) {
    return term != other.term ? Long.compare(term, other.term) : Long.compare(index, other.index);
  }
}
