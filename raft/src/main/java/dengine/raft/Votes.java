package dengine.raft;

import java.util.Map;
import java.util.TreeMap;

/// The answers to one round of asking for votes. The first answer of a voter counts.
final class Votes {

  enum Answer {
    GRANTED,
    DENIED,
    MISSING
  }

  private final Map<Integer, Answer> answers = new TreeMap<>();

  void record(int voter, boolean granted) {
    answers.putIfAbsent(voter, granted ? Answer.GRANTED : Answer.DENIED);
  }

  boolean wonBy(Membership membership) {
    return Quorum.won(membership, this::of);
  }

  boolean lostBy(Membership membership) {
    return Quorum.lost(membership, this::of);
  }

  private Answer of(int voter) {
    return answers.getOrDefault(voter, Answer.MISSING);
  }
}
