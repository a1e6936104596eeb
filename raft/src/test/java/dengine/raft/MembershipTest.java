package dengine.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/// Configurations as values, as bytes, and as a stack of which some may be taken back.
final class MembershipTest {

  private static Membership random(Random random) {
    List<Integer> ids = new ArrayList<>();
    for (int id = 1; id <= 12; id++) {
      ids.add(id * (1 + random.nextInt(3)) + 40 * id);
    }
    Collections.shuffle(ids, random);
    int voters = 1 + random.nextInt(4);
    List<Integer> outgoing = random.nextBoolean() ? List.of() : ids.subList(2, 6);
    List<Integer> demoted = new ArrayList<>(outgoing);
    demoted.removeAll(ids.subList(0, voters));
    TreeMap<Integer, Membership.Member> details = new TreeMap<>();
    Membership plain =
        new Membership(
            ids.subList(0, voters),
            outgoing,
            ids.subList(6, 6 + random.nextInt(6)),
            demoted,
            details);
    for (int id : plain.members()) {
      if (random.nextBoolean()) {
        String address = random.nextBoolean() ? "" : "host-ä-" + id + ":80";
        details.put(
            id,
            new Membership.Member(
                address, random.nextLong(), random.nextBoolean(), random.nextInt(9)));
      }
    }
    return plain.withDetails(details);
  }

  @Test
  void whatIsEncodedIsDecodedAgain() {
    long seed = Long.getLong("seed", System.nanoTime());
    Random random = new Random(seed);
    for (int i = 0; i < 500; i++) {
      Membership membership = random(random);
      assertThat(Membership.decode(membership.encode())).as("seed %d", seed).isEqualTo(membership);
    }
    assertThat(Membership.decode(Membership.NONE.encode())).isEqualTo(Membership.NONE);
  }

  @Test
  void anythingElseIsRefusedAndNothingWorseHappens() {
    long seed = Long.getLong("seed", System.nanoTime());
    Random random = new Random(seed);
    for (int i = 0; i < 200; i++) {
      byte[] whole = random(random).encode();
      for (int length = 0; length < whole.length; length++) {
        byte[] part = Arrays.copyOf(whole, length);
        assertThatThrownBy(() -> Membership.decode(part))
            .as("seed %d", seed)
            .isInstanceOf(IllegalArgumentException.class);
      }
      byte[] longer = Arrays.copyOf(whole, whole.length + 1);
      assertThatThrownBy(() -> Membership.decode(longer))
          .isInstanceOf(IllegalArgumentException.class);
      for (int damage = 0; damage < 200; damage++) {
        byte[] damaged = whole.clone();
        damaged[random.nextInt(damaged.length)] = (byte) random.nextInt();
        try {
          Membership other = Membership.decode(damaged);
          assertThat(Membership.decode(other.encode())).isEqualTo(other);
        } catch (IllegalArgumentException refused) {
          assertThat(refused.getMessage()).isNotEmpty();
        }
      }
    }
  }

  @Test
  void whatMakesNoSenseCannotBeMade() {
    refused("at least one voter", List.of(), List.of(1), List.of(), List.of());
    refused("both voter and learner", List.of(1), List.of(), List.of(1), List.of());
    refused("both voter and learner", List.of(1), List.of(2), List.of(2), List.of());
    refused("demoted", List.of(1), List.of(1, 2), List.of(), List.of(1));
    refused("demoted", List.of(1), List.of(1, 2), List.of(), List.of(3));
    refused("duplicate", List.of(1, 1), List.of(), List.of(), List.of());
    refused("start at 1", List.of(0), List.of(), List.of(), List.of());
    assertThatThrownBy(
            () -> Membership.of(1).withDetails(Map.of(2, new Membership.Member("a", 1, false, 0))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("details of [2]");
  }

  private static void refused(
      String why,
      List<Integer> voters,
      List<Integer> outgoing,
      List<Integer> learners,
      List<Integer> demoted) {
    assertThatThrownBy(() -> new Membership(voters, outgoing, learners, demoted, new TreeMap<>()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(why);
  }

  private static Entry entry(long index, Membership membership) {
    return new Entry(index, 1, 0, Entry.Kind.MEMBERSHIP, membership.encode());
  }

  @Test
  void theNewestConfigurationCountsAndMayBeTakenBackUntilItIsCommitted() {
    Membership one = Membership.of(1);
    Membership two = Membership.of(1, 2);
    Membership three = Membership.of(1, 3);
    Memberships stack = new Memberships(0, one, List.of(entry(4, two)));
    stack.append(entry(9, three));
    assertThat(stack.effective()).isEqualTo(three);
    assertThat(stack.committed()).isEqualTo(one);
    assertThat(stack.mayVote(2, 7)).as("it may be the older one after all").isTrue();

    stack.truncateFrom(9);
    assertThat(stack.effective()).isEqualTo(two);
    assertThat(stack.index()).isEqualTo(4);
    assertThat(stack.commitTo(3)).isFalse();
    assertThat(stack.commitTo(4)).isTrue();
    stack.append(entry(10, three));
    assertThat(stack.commitTo(20)).isTrue();

    assertThat(stack.committed()).isEqualTo(three);
    assertThat(stack.committedIndex()).isEqualTo(10);
    assertThat(stack.mayVote(2, 7)).isFalse();
    assertThatThrownBy(() -> stack.truncateFrom(10)).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void whatASnapshotSaysReplacesTheWholeStack() {
    Memberships stack = new Memberships(5, Membership.of(1), List.of(entry(4, Membership.of(9))));
    assertThat(stack.effective()).as("before the snapshot's").isEqualTo(Membership.of(1));
    stack.append(entry(6, Membership.of(1, 2)));

    stack.reset(3, Membership.of(4));

    assertThat(stack.effective()).isEqualTo(Membership.of(4));
    assertThat(stack.committedIndex()).isEqualTo(3);
  }

  @Test
  void aVoteBelongsToADisk() {
    Membership known =
        Membership.of(1, 2).withDetails(Map.of(2, new Membership.Member("", 20, false, 0)));
    Memberships stack = new Memberships(0, known, List.of());

    assertThat(stack.mayVote(2, 20)).isTrue();
    assertThat(stack.mayVote(2, 21)).isFalse();
    assertThat(stack.hasDisk(2, 21)).isFalse();
    assertThat(stack.mayVote(1, 99)).as("nothing is known of its disk").isTrue();
    assertThat(stack.hasDisk(3, 30)).isFalse();
  }
}
