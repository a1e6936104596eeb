package dengine.raft;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/// Quorum arithmetic against the definition: try every set of voters (rule L11).
final class QuorumTest {

  private static final int MEMBERS = 6;
  private static final List<Votes.Answer> ANSWERS = List.of(Votes.Answer.values());

  @Test
  @DisplayName("L11: what a majority reached, by trying every set of voters")
  void reachedIsTheGreatestValueThatSomeQuorumHasWhole() {
    long seed = seed();
    Random random = new Random(seed);
    for (int round = 0; round < 3000; round++) {
      Membership membership = membership(random);
      Map<Integer, Long> values = new HashMap<>();
      membership.members().forEach(m -> values.put(m, (long) random.nextInt(5)));

      long best = -1;
      for (List<Integer> set : subsets(membership.members())) {
        if (isQuorum(membership, set)) {
          best = Math.max(best, set.stream().mapToLong(values::get).min().orElse(-1));
        }
      }

      assertThat(Quorum.reached(membership, values::get))
          .as("seed %d: %s %s", seed, membership, values)
          .isEqualTo(best);
    }
  }

  @Test
  @DisplayName("L11: won and lost, by trying every way in which missing answers could still come")
  void wonAndLostAreWhatTheMissingAnswersCannotChange() {
    long seed = seed();
    Random random = new Random(seed);
    for (int round = 0; round < 3000; round++) {
      Membership membership = membership(random);
      Map<Integer, Votes.Answer> answers = new HashMap<>();
      List<Integer> granted = new ArrayList<>();
      List<Integer> possible = new ArrayList<>();
      for (int member : membership.members()) {
        Votes.Answer answer = ANSWERS.get(random.nextInt(ANSWERS.size()));
        answers.put(member, answer);
        if (answer == Votes.Answer.GRANTED) {
          granted.add(member);
        }
        if (answer != Votes.Answer.DENIED) {
          possible.add(member);
        }
      }

      assertThat(Quorum.won(membership, answers::get))
          .as("seed %d: %s %s", seed, membership, answers)
          .isEqualTo(isQuorum(membership, granted));
      assertThat(Quorum.lost(membership, answers::get))
          .as("seed %d: %s %s", seed, membership, answers)
          .isEqualTo(!isQuorum(membership, possible));
    }
  }

  @Test
  @DisplayName("M5: any two quorums of a configuration have a member in common")
  void anyTwoQuorumsShareAMember() {
    Membership joint = new Membership(List.of(3, 4, 5), List.of(1, 2, 3), List.of(6));
    for (List<Integer> one : subsets(joint.members())) {
      for (List<Integer> other : subsets(joint.members())) {
        if (isQuorum(joint, one) && isQuorum(joint, other)) {
          assertThat(one).containsAnyElementsOf(other);
        }
      }
    }
  }

  private static boolean isQuorum(Membership membership, List<Integer> set) {
    return isMajority(membership.voters(), set)
        && (membership.outgoing().isEmpty() || isMajority(membership.outgoing(), set));
  }

  private static boolean isMajority(List<Integer> voters, List<Integer> set) {
    return 2 * voters.stream().filter(set::contains).count() > voters.size();
  }

  private static List<List<Integer>> subsets(List<Integer> members) {
    List<List<Integer>> all = new ArrayList<>();
    for (int bits = 0; bits < 1 << members.size(); bits++) {
      List<Integer> set = new ArrayList<>();
      for (int i = 0; i < members.size(); i++) {
        if ((bits & 1 << i) != 0) {
          set.add(members.get(i));
        }
      }
      all.add(set);
    }
    return all;
  }

  private static Membership membership(Random random) {
    List<Integer> voters = new ArrayList<>();
    List<Integer> outgoing = new ArrayList<>();
    List<Integer> learners = new ArrayList<>();
    boolean joint = random.nextBoolean();
    for (int id = 1; id <= MEMBERS; id++) {
      boolean in = random.nextBoolean();
      boolean out = joint && random.nextBoolean();
      if (in) {
        voters.add(id);
      }
      if (out) {
        outgoing.add(id);
      }
      if (!in && !out) {
        learners.add(id);
      }
    }
    return voters.isEmpty() ? membership(random) : new Membership(voters, outgoing, learners);
  }

  private static long seed() {
    return Long.getLong("seed", System.nanoTime());
  }
}
