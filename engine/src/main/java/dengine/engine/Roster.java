package dengine.engine;

import dengine.engine.spi.Transport;
import dengine.raft.Effect;
import dengine.raft.Membership;
import dengine.raft.Message;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Who takes part, for any thread to see. Written by turns of the event loop only, which also tell
/// the transport where peers are, and those who watch.
final class Roster {

  private static final class LatestAddresses extends LinkedHashMap<Integer, String> {
    private static final long serialVersionUID = 1;
    private static final int MOST = 256;

    @Override
    protected boolean removeEldestEntry(Map.Entry<Integer, String> eldest) {
      return size() > MOST;
    }
  }

  private record Committed(long version, Configuration configuration) {}

  private final int self;
  private final Transport transport;
  private final Executor carrier;
  private final List<Watcher<Configuration>> watchers = new CopyOnWriteArrayList<>();
  private volatile Configuration effective;
  private volatile Committed committed;

  // The event loop's own.
  private final Set<Integer> known = new TreeSet<>();

  /// Where members were last said to be, also the last of those who left since.
  private final Map<Integer, String> addresses = new LatestAddresses();

  private final List<Integer> leaving = new ArrayList<>();
  private @Nullable Membership founding;
  private boolean introduced;

  /// @param effective what counts when the node starts
  /// @param committed what cannot be taken back then
  Roster(
      int self,
      Configuration effective,
      Configuration committed,
      Transport transport,
      Executor carrier) {
    this.self = self;
    this.effective = effective;
    this.committed = new Committed(0, committed);
    this.transport = transport;
    this.carrier = carrier;
  }

  /// What counts: the newest in the log, committed or not.
  Configuration effective() {
    return effective;
  }

  /// What cannot be taken back.
  Configuration committed() {
    return committed.configuration;
  }

  /// Whether the node knows that it is no member any more.
  boolean isRemoved() {
    Membership last = committed().membership();
    return !last.equals(Membership.NONE) && !last.isMember(self);
  }

  /// Shows the present committed configuration, and each one after it, on tasks of their own.
  Watching watch(Consumer<Configuration> callback) {
    Watcher<Configuration> watcher = new Watcher<>(callback, carrier, 1);
    watchers.add(watcher); // before it looks: what is committed in between is shown by one side
    Committed present = committed;
    watcher.show(present.version, present.configuration);
    return () -> {
      watcher.close();
      watchers.remove(watcher);
    };
  }

  /// Tells the transport of the peers that the node starts with. Does nothing a second time.
  void introduce() {
    if (!introduced) {
      introduced = true;
      connect(effective.membership());
    }
  }

  /// Something is about to be sent. Whoever asked is answered: a node that is behind may go by a
  /// configuration in which not even its leader is a member, yet or any more. He is found where he
  /// was before he left.
  void sends(Effect.Send send) {
    boolean isAnswer =
        switch (send.message()) {
          case Message.Vote _,
              Message.Replicated _,
              Message.Conflict _,
              Message.HeartbeatAck _,
              Message.Outdated _,
              Message.Introduce _,
              Message.Recognize _,
              Message.NotMember _ ->
              true;
          case Message.AskVote _,
              Message.Replicate _,
              Message.Heartbeat _,
              Message.CampaignNow _,
              Message.OfferSnapshot _,
              Message.Transfer _ ->
              false;
        };
    String address = addresses.get(send.to());
    if (isAnswer && address != null && known.add(send.to())) {
      transport.peer(send.to(), address);
    }
  }

  /// The founders that are being written down.
  void founding(Membership founders) {
    founding = founders;
    connect(founders);
  }

  /// They are written down.
  void founded() {
    Membership founders = founding;
    founding = null;
    if (founders != null && committed().index() == 0) {
      effective = new Configuration(0, founders, true);
      commit(effective);
    }
  }

  /// The core said what counts, or what is committed.
  void configured(Effect.Configured configured) {
    Configuration latest =
        new Configuration(configured.index(), configured.membership(), configured.committed());
    connect(latest.membership());
    if (latest.committed()) {
      commit(latest);
    } else {
      effective = latest;
    }
    if (committed().index() == effective.index()
        && committed().membership().equals(effective.membership())) {
      effective = committed();
    }
    forgetLater();
  }

  /// Closes connections to those who left. Comes after the turn's messages: one may tell them that
  /// they did.
  void forget() {
    for (int id : leaving) {
      if (!known.contains(id)) {
        transport.forget(id);
      }
    }
    leaving.clear();
  }

  private void commit(Configuration latest) {
    Committed before = committed;
    if (!latest.equals(before.configuration)) {
      Committed now = new Committed(before.version + 1, latest);
      committed = now;
      watchers.forEach(watcher -> watcher.show(now.version, latest));
    }
  }

  private void connect(Membership membership) {
    for (int id : membership.members()) {
      if (id != self) {
        known.add(id);
        addresses.put(id, membership.member(id).address());
        transport.peer(id, membership.member(id).address());
      }
    }
  }

  /// Only those who are in no configuration that may still count. A node that knows no
  /// configuration yet, because its disk is new, still has to answer those it was told of.
  private void forgetLater() {
    Membership last = committed().membership();
    Membership next = effective.membership();
    if (last.equals(Membership.NONE)) {
      return;
    }
    known.removeIf(
        id -> {
          boolean gone = !last.isMember(id) && !next.isMember(id);
          if (gone) {
            leaving.add(id);
          }
          return gone;
        });
  }
}
