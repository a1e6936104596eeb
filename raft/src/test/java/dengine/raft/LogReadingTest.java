package dengine.raft;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/// Entries that are no longer in memory come back from the disk, later, when much may have
/// happened.
final class LogReadingTest {

  /// n1 led term 1 with entries of which n2 has none, restarted, leads again (n3 votes), and has
  /// asked its disk for what n2 lacks.
  private static Scenario leaderReadingForItsPeer() {
    Scenario s = new Scenario(Scenario.votersUpTo(3), Options.oneEntryPerMessage(8));
    s.elects(1).isolates(2).proposes(1, "a", "b").deliversAll();
    s.isolates(3).proposes(1, "c", "d").crashes(1).starts(1).losesAll().heals();
    s.holdsReading(1).timesOut(1).deliversAll();
    assertThat(s.raft(1).roleChange().role()).isEqualTo(RoleChange.Kind.LEADER);
    assertThat(s.effects()).anyMatch(e -> e instanceof Effect.ReadEntries r && r.reader() == 2);
    return s;
  }

  private static Message.Replicate conflicting(long term, Position previous) {
    Entry entry = Entry.noop(previous.index() + 1, term, 0);
    return new Message.Replicate(term, 1, previous, List.of(entry), 0, 0);
  }

  @Test
  void whatIsReadForAPeerIsSentToIt() {
    Scenario s = leaderReadingForItsPeer();

    s.readsAll(1).deliversAll().beats(1);

    assertThat(s.node(2).disk().durable().last()).isEqualTo(s.raft(1).last());
  }

  @Test
  @DisplayName("L10: nothing is truncated while the disk reads it for a peer")
  void nothingIsTruncatedWhileTheDiskReadsItForAPeer() {
    Scenario s = leaderReadingForItsPeer();
    Position last = s.raft(1).last();

    // A later leader overwrites from index 4 on.
    s.arrives(3, 1, conflicting(9, new Position(3, 1)));
    assertThat(s.raft(1).last()).isEqualTo(last);
    s.readsAll(1).arrives(3, 1, conflicting(9, new Position(3, 1)));

    assertThat(s.raft(1).last()).isEqualTo(new Position(4, 9));
  }

  @Test
  void anAnswerToAReadOfAnEarlierLeadershipIsIgnored() {
    Scenario s = leaderReadingForItsPeer();
    s.arrives(3, 1, new Message.Outdated(7)).losesAll();
    s.passes(RaftOptions.DEFAULT.electionTimeout().multipliedBy(3)).elects(1);
    assertThat(s.effects()).anyMatch(e -> e instanceof Effect.ReadEntries r && r.reader() == 2);

    s.readsOne(1).readsOne(1); // n2's and n3's, asked for in the earlier term, for the same place
    s.deliversAll();
    assertThat(s.effects()).anyMatch(e -> e instanceof Effect.ReadEntries r && r.from() == 3);
    s.readsOne(1).readsOne(1);
    assertThat(s.effects()).isEmpty();

    s.readsAll(1).deliversAll().beats(1);
    assertThat(s.node(2).disk().durable().last()).isEqualTo(s.raft(1).last());
  }

  @Test
  @DisplayName("L10: a log that gives back something else than was written stops the node")
  void aLogThatGivesBackSomethingElseStopsTheNode() {
    for (List<Entry> wrong :
        List.of(
            List.<Entry>of(),
            List.of(Entry.noop(2, 9, 0)),
            List.of(Entry.noop(3, 1, 0)),
            List.of(Entry.noop(2, 1, 0), Entry.noop(4, 1, 0)))) {
      Scenario s = leaderReadingForItsPeer();
      s.node(1).expectToFail();
      s.losesAll().on(1, new Event.EntriesRead(2, 2, wrong));
      assertThat(s.effects().getLast()).as("%s", wrong).isInstanceOf(Effect.Fatal.class);
      assertThat(s.inFlight(1, 2)).noneMatch(m -> m instanceof Message.Replicate);
    }
  }
}
