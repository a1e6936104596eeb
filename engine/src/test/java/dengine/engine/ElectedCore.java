package dengine.engine;

import dengine.raft.Effect;
import dengine.raft.Entry;
import dengine.raft.Event;
import dengine.raft.HardState;
import dengine.raft.Membership;
import dengine.raft.Message;
import dengine.raft.Raft;
import dengine.raft.RaftOptions;
import dengine.raft.RecoveredLog;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Random;

/// The core of a node that leads, holds a lease and has applied its first entry, all at time 0:
/// where a test begins that is not about how it came to that.
final class ElectedCore {

  private static final long LONG_AGO = -10_000_000_000L;

  private final List<Raft> cores = new ArrayList<>();
  private final Queue<Runnable> news = new ArrayDeque<>();

  private ElectedCore() {}

  /// Node 1 of the nodes up to this one.
  static Raft of(int voters) {
    ElectedCore election = new ElectedCore();
    Integer[] members = new Integer[voters];
    for (int id = 1; id <= voters; id++) {
      members[id - 1] = id;
    }
    for (int id : members) {
      Raft.Start start =
          new Raft.Start(id, Membership.of(members), HardState.INITIAL, RecoveredLog.EMPTY, 0);
      election.cores.add(new Raft(start, RaftOptions.DEFAULT, new Random(id), LONG_AGO));
    }
    election.tell(1, new Event.Tick());
    for (Runnable next = election.news.poll(); next != null; next = election.news.poll()) {
      next.run();
    }
    return election.cores.getFirst();
  }

  private void tell(int node, Event event) {
    cores.get(node - 1).on(0, event, effect -> carryOut(node, effect));
  }

  private void carryOut(int node, Effect effect) {
    switch (effect) {
      case Effect.Persist persist ->
          news.add(() -> tell(node, new Event.Persisted(persist.sequence())));
      case Effect.Send(int to, Message message) ->
          news.add(() -> tell(to, new Event.Received(node, message)));
      case Effect.Apply(List<Entry> entries) ->
          news.add(() -> tell(node, new Event.Applied(entries.getLast().index())));
      default -> {}
    }
  }
}
