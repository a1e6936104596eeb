package dengine.raft;

import java.util.Arrays;
import java.util.List;
import java.util.function.IntFunction;
import java.util.function.IntToLongFunction;

/// Majority arithmetic, deliberately naive: sort and count (rule L11). A joint configuration needs
/// both of its halves, for every purpose alike (rule M5).
final class Quorum {

  private Quorum() {}

  /// The greatest value that a majority has reached. Whoever has no value must be given the least
  /// one.
  static long reached(Membership membership, IntToLongFunction valueOf) {
    long incoming = reached(membership.voters(), valueOf);
    return membership.isJoint()
        ? Math.min(incoming, reached(membership.outgoing(), valueOf))
        : incoming;
  }

  /// Whether a majority granted.
  static boolean won(Membership membership, IntFunction<Votes.Answer> answerOf) {
    return won(membership.voters(), answerOf)
        && (!membership.isJoint() || won(membership.outgoing(), answerOf));
  }

  /// Whether a majority can no longer grant.
  static boolean lost(Membership membership, IntFunction<Votes.Answer> answerOf) {
    return lost(membership.voters(), answerOf)
        || (membership.isJoint() && lost(membership.outgoing(), answerOf));
  }

  private static long reached(List<Integer> voters, IntToLongFunction valueOf) {
    long[] values = new long[voters.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = valueOf.applyAsLong(voters.get(i));
    }
    Arrays.sort(values);
    return values[values.length - majority(values.length)];
  }

  private static boolean won(List<Integer> voters, IntFunction<Votes.Answer> answerOf) {
    return count(voters, answerOf, Votes.Answer.GRANTED) >= majority(voters.size());
  }

  private static boolean lost(List<Integer> voters, IntFunction<Votes.Answer> answerOf) {
    int possible = voters.size() - count(voters, answerOf, Votes.Answer.DENIED);
    return possible < majority(voters.size());
  }

  private static int count(
      List<Integer> voters, IntFunction<Votes.Answer> answerOf, Votes.Answer wanted) {
    int count = 0;
    for (int voter : voters) {
      if (answerOf.apply(voter) == wanted) {
        count++;
      }
    }
    return count;
  }

  private static int majority(int voters) {
    return voters / 2 + 1;
  }
}
