package dengine.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dengine.raft.Entry;
import dengine.raft.Membership;
import dengine.raft.Position;
import dengine.raft.SnapshotPoint;
import java.util.List;
import org.junit.jupiter.api.Test;

/// What a snapshot says, and how much of the log stays beside it.
final class AppliedStateTest {

  private static final int ENTRY = Entry.OVERHEAD_BYTES;

  @Test
  void aSnapshotSaysWhereItWasTakenAndWhoTookPartThere() {
    AppliedState state = fresh(100, 1 << 20);

    state.found(Membership.of(1));
    state.advance(List.of(new Entry(1, 3, 500, Entry.Kind.NOOP, new byte[0])));
    byte[] grown = Membership.of(1, 2).encode();
    state.advance(List.of(new Entry(2, 3, 700, Entry.Kind.MEMBERSHIP, grown)));
    state.advance(List.of(new Entry(3, 4, 900, Entry.Kind.COMMAND, new byte[0])));

    assertThat(state.point())
        .contains(new SnapshotPoint(new Position(3, 4), 900, Membership.of(1, 2), 2));
  }

  @Test
  void thereIsNothingToTakeBeforeTheFirstEntryAndBeforeTheFirstConfiguration() {
    AppliedState state = fresh(100, 1 << 20);

    assertThat(state.point()).isEmpty();
    state.advance(commands(1, 2, 0));

    assertThat(state.point()).as("a node that joins knows no configuration yet").isEmpty();
  }

  @Test
  void theLogKeepsAsManyEntriesAsItMay() {
    AppliedState state = fresh(10, 1 << 20);

    state.advance(commands(1, 100, 0));

    assertThat(state.keepFrom()).isEqualTo(91);
  }

  @Test
  void theLogKeepsEverythingWhileThatIsLessThanItMay() {
    AppliedState state = fresh(1000, 1 << 20);

    state.advance(commands(1, 100, 0));

    assertThat(state.keepFrom()).isEqualTo(1);
  }

  @Test
  void theLogKeepsNothingWhereNothingIsToBeKept() {
    AppliedState state = fresh(0, 1 << 20);

    state.advance(commands(1, 100, 0));

    assertThat(state.keepFrom()).isEqualTo(101);
  }

  @Test
  void bytesBoundWhatTheLogKeepsEvenIfEntriesDoNot() {
    AppliedState state = fresh(1_000_000, 64L * ENTRY);

    for (int i = 1; i <= 1000; i++) {
      state.advance(commands(i, i, 0));
    }

    assertThat(state.keepFrom()).isBetween(1001L - 64, 1001L - 60);
  }

  @Test
  void oneHugeEntryLeavesNoRoomForOthers() {
    AppliedState state = fresh(1_000_000, 64L * ENTRY);
    state.advance(commands(1, 50, 0));

    state.advance(commands(51, 51, 65 * ENTRY));

    assertThat(state.keepFrom()).isEqualTo(52);
  }

  @Test
  void aNodeThatRestartsOftenKeepsNoMoreEachTime() {
    SnapshotOptions options = SnapshotOptions.DEFAULT.withRetention(1, 1_000_000, 1000L * ENTRY);
    AppliedState again =
        new AppliedState(new Position(1000, 1), 0, Membership.of(1), 0, 0, options);

    for (int i = 1001; i <= 1500; i++) {
      again.advance(commands(i, i, 0));
    }

    assertThat(again.keepFrom()).as("half of what was there before").isBetween(490L, 510L);
  }

  @Test
  void nothingBeforeAnInstalledSnapshotIsKept() {
    AppliedState state = fresh(100, 1 << 20);
    state.advance(commands(1, 10, 0));

    state.install(new SnapshotPoint(new Position(50, 2), 1, Membership.of(1), 0));
    state.advance(commands(51, 60, 0));

    assertThat(state.index()).isEqualTo(60);
    assertThat(state.keepFrom()).isEqualTo(51);
  }

  private static AppliedState fresh(long entries, long bytes) {
    SnapshotOptions options = SnapshotOptions.DEFAULT.withRetention(1, entries, bytes);
    return new AppliedState(Position.ORIGIN, 0, Membership.NONE, 0, 0, options);
  }

  private static List<Entry> commands(long from, long to, int payload) {
    List<Entry> entries = new java.util.ArrayList<>();
    for (long index = from; index <= to; index++) {
      entries.add(new Entry(index, 1, 0, Entry.Kind.COMMAND, new byte[payload]));
    }
    return entries;
  }
}
