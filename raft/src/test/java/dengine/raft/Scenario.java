package dengine.raft;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.random.RandomGenerator;

/// A cluster in which only happens what the test says: messages stay in flight until delivered or
/// lost, time stands still until told to pass, nodes look at the clock when told to. Disks and
/// state machines answer at once unless held. A [Ledger] watches; everything is written to a
/// [Transcript].
final class Scenario {

  /// A name to see again with the answer.
  record Name(String name) implements Ticket {
    @Override
    public String toString() {
      return name;
    }
  }

  private static final int MOST_DELIVERIES = 10_000;

  /// No randomness: every timeout is the least one, whose turn it is the test decides.
  private static final RandomGenerator LEAST = () -> 0;

  private final Membership membership;
  private final Ledger ledger;
  private final Map<Integer, SimulatedNode> nodes = new TreeMap<>();
  private final Set<Integer> heldDisks = new HashSet<>();
  private final Set<Integer> heldApplying = new HashSet<>();
  private final HeldReads reading = new HeldReads();
  private final List<Effect> happened = new ArrayList<>();
  private final SnapshotHosts snapshots = new SnapshotHosts();
  private final Transcript transcript = new Transcript();
  private final Mail mail = new Mail(transcript);
  private long now;

  Scenario(Membership membership, RaftOptions options) {
    this(membership, options, List.of(), false);
  }

  private Scenario(
      Membership membership, RaftOptions options, List<Integer> spares, boolean disksDiffer) {
    this.membership = membership;
    this.ledger = new Ledger(membership);
    ledger.compareTime(new PassedTime(() -> now, 0));
    List<Integer> ids = new ArrayList<>(membership.members());
    ids.addAll(spares);
    for (int id : ids) {
      nodes.put(id, new SimulatedNode(id, membership, options, ledger));
      if (disksDiffer) {
        node(id).incarnate(id * 10L);
      }
      node(id).start(LEAST, now);
    }
  }

  /// Nodes whose disks are told apart, so that members found their cluster and the spare ones wait
  /// to be added; the first disk of node 3 has the incarnation 30.
  static Scenario ofNewDisks(Membership founders, RaftOptions options, Integer... spares) {
    return new Scenario(founders, options, List.of(spares), true);
  }

  /// A cluster of voters that is founded and has not elected anybody yet, and spare nodes.
  static Scenario founded(int voters, Integer... spares) {
    return ofNewDisks(votersUpTo(voters), RaftOptions.DEFAULT, spares).founds();
  }

  Scenario founds() {
    membership.members().stream().filter(id -> node(id).isUp()).forEach(this::looksAtClock);
    return deliversAll();
  }

  static Scenario of(int voters) {
    return new Scenario(votersUpTo(voters), RaftOptions.DEFAULT);
  }

  static Membership votersUpTo(int voters) {
    return Membership.of(java.util.stream.IntStream.rangeClosed(1, voters).boxed().toList());
  }

  SimulatedNode node(int id) {
    return nodes.get(id);
  }

  Raft raft(int id) {
    return node(id).raft();
  }

  long now() {
    return now;
  }

  Transcript transcript() {
    return transcript;
  }

  Scenario chapter(String title) {
    transcript.chapter(title);
    return this;
  }

  /// All effects since the last call.
  List<Effect> effects() {
    List<Effect> taken = List.copyOf(happened);
    happened.clear();
    return taken;
  }

  /// All messages now in flight from one node to another.
  List<Message> inFlight(int from, int to) {
    return mail.between(from, to);
  }

  // Time

  Scenario passes(Duration time) {
    now += time.toNanos();
    return this;
  }

  Scenario looksAtClock(int id) {
    transcript.act(now, "n" + id + " looks at the clock");
    return on(id, new Event.Tick());
  }

  /// Time passes up to the node's next deadline, and it looks at the clock.
  Scenario timesOut(int id) {
    now = Math.max(now, raft(id).nextDeadline());
    return looksAtClock(id);
  }

  /// The node asks for votes and wins; every message arrives.
  Scenario elects(int id) {
    return timesOut(id).deliversAll();
  }

  /// The leader tells everybody that it is alive; every message arrives.
  Scenario beats(int leader) {
    now = Math.max(now, raft(leader).nextDeadline());
    return passes(RaftOptions.DEFAULT.heartbeatInterval()).looksAtClock(leader).deliversAll();
  }

  // Requests

  Scenario proposes(int id, String... values) {
    transcript.act(now, "n" + id + " is asked to write " + String.join(" ", values));
    return on(
        id,
        new Event.Proposed(
            Arrays.stream(values)
                .map(v -> new Event.Proposal(new Name(v), v.getBytes(StandardCharsets.UTF_8)))
                .toList()));
  }

  Scenario reads(int id, String name) {
    transcript.act(now, "n" + id + " is asked to read " + name);
    return on(id, new Event.ReadAsked(List.of(new Name(name))));
  }

  Scenario asksFor(int id, MembershipChange change) {
    transcript.act(now, "n" + id + " is asked for " + change);
    return on(id, new Event.MembershipAsked(new Name("change"), change));
  }

  Scenario transfers(int id, int to) {
    transcript.act(now, "n" + id + " is asked to let n" + to + " lead");
    return on(id, new Event.TransferAsked(new Name("transfer"), to));
  }

  // Network

  Scenario deliversAll() {
    transcript.act(now, "all messages arrive");
    int count = 0;
    while (!mail.isEmpty()) {
      if (count++ > MOST_DELIVERIES) {
        throw new AssertionError("messages without end: " + mail);
      }
      arrive(mail.next());
    }
    return this;
  }

  /// What is now in flight between the two arrives, answers do not.
  Scenario delivers(int from, int to) {
    transcript.act(now, "messages from n" + from + " to n" + to + " arrive");
    mail.take(from, to).forEach(this::arrive);
    return this;
  }

  Scenario loses(int from, int to) {
    mail.take(from, to).forEach(mail::lose);
    return this;
  }

  Scenario losesAll() {
    transcript.act(now, "what is under way is lost");
    mail.clear();
    return this;
  }

  /// A message that was sent at another time, or that a broken node might send.
  Scenario arrives(int from, int to, Message message) {
    transcript.act(now, "n" + from + " to n" + to + ": " + Transcript.line(message));
    arrive(new Mail.Letter(from, to, message));
    return this;
  }

  Scenario cuts(int from, int to) {
    mail.cut(from, to);
    return this;
  }

  Scenario isolates(int id) {
    transcript.act(now, "n" + id + " is cut off");
    for (int other : nodes.keySet()) {
      cuts(id, other).cuts(other, id);
    }
    return this;
  }

  Scenario heals() {
    transcript.act(now, "the network heals");
    mail.heal();
    return this;
  }

  Scenario tellsUnreachable(int id, int peer) {
    return on(id, new Event.Unreachable(peer));
  }

  // Disk, state machine, process

  Scenario holdsDisk(int id) {
    heldDisks.add(id);
    return this;
  }

  /// One write completes.
  Scenario syncsOne(int id) {
    long sequence = node(id).disk().unsynced().getFirst();
    transcript.act(now, "n" + id + "'s disk has #" + sequence);
    node(id).disk().sync(sequence);
    return on(id, new Event.Persisted(sequence));
  }

  /// Every write completes, and from now on at once.
  Scenario releasesDisk(int id) {
    heldDisks.remove(id);
    while (!node(id).disk().unsynced().isEmpty()) {
      syncsOne(id);
    }
    return this;
  }

  Scenario holdsApplying(int id) {
    heldApplying.add(id);
    return this;
  }

  Scenario releasesApplying(int id) {
    heldApplying.remove(id);
    return on(id, new Event.Applied(node(id).handedOut()));
  }

  Scenario holdsReading(int id) {
    reading.hold(id);
    return this;
  }

  /// Answers the oldest read of the log with what the disk holds now.
  Scenario readsOne(int id) {
    return on(id, reading.answerNext(node(id)));
  }

  /// Answers all reads of the log, and from now on at once.
  Scenario readsAll(int id) {
    reading.release(id);
    while (reading.isWaiting(id)) {
      readsOne(id);
    }
    return this;
  }

  Scenario crashes(int id) {
    transcript.act(now, "n" + id + " crashes");
    node(id).crash();
    reading.forget(id);
    snapshots.forget(id);
    return this;
  }

  /// The node dies, and comes back with another disk, whose incarnation is one more.
  Scenario wipes(int id) {
    crashes(id);
    transcript.act(now, "n" + id + "'s disk is lost");
    node(id).wipe(node(id).incarnation() + 1);
    return starts(id);
  }

  // Snapshots

  /// A snapshot of all that is applied; the log keeps nothing before it.
  Scenario takesSnapshot(int id) {
    SnapshotPoint point = node(id).point().orElseThrow();
    transcript.act(now, "n" + id + " has a snapshot of " + point.position().index());
    node(id).disk().save(point);
    return on(id, new Event.SnapshotTaken(point, point.position().index() + 1));
  }

  Scenario holdsFetching(int id) {
    snapshots.holdFetching(id);
    return this;
  }

  Scenario fetches(int id) {
    return on(id, snapshots.fetched(node(id)));
  }

  Scenario holdsInstalling(int id) {
    snapshots.holdInstalling(id);
    return this;
  }

  Scenario installs(int id) {
    return on(id, snapshots.installed(node(id)));
  }

  /// The leader hears that sending a snapshot has ended.
  Scenario endsSending(int leader, int to) {
    return on(leader, snapshots.sent(to));
  }

  Scenario starts(int id) {
    transcript.act(now, "n" + id + " starts");
    node(id).start(LEAST, now);
    return this;
  }

  Scenario on(int id, Event event) {
    perform(id, node(id).on(now, event));
    return this;
  }

  private void perform(int id, List<Effect> effects) {
    List<Event> then = new ArrayList<>();
    for (Effect effect : effects) {
      transcript.effect(id, effect);
      happened.add(effect);
      switch (effect) {
        case Effect.Send(int to, Message message) -> mail.send(new Mail.Letter(id, to, message));
        case Effect.Persist write -> {
          if (!heldDisks.contains(id)) {
            node(id).disk().sync(write.sequence());
            then.add(new Event.Persisted(write.sequence()));
          }
        }
        case Effect.Apply(List<Entry> entries) -> {
          node(id).apply(entries);
          if (!heldApplying.contains(id)) {
            then.add(new Event.Applied(entries.getLast().index()));
          }
        }
        case Effect.ReadEntries read -> reading.ask(node(id), read).ifPresent(then::add);
        case Effect.Compact(Position upTo) -> node(id).disk().compact(upTo);
        case Effect.SendSnapshot send ->
            mail.send(new Mail.Letter(id, send.to(), snapshots.offer(node(id), send)));
        case Effect.FetchSnapshot(int _, Message.OfferSnapshot offer) ->
            snapshots.fetch(node(id), offer.point()).ifPresent(then::add);
        case Effect.Install(SnapshotPoint point) ->
            snapshots.install(node(id), point).ifPresent(then::add);
        case Effect.Found(Membership founders) -> {
          node(id).disk().found(founders);
          then.add(new Event.Founded());
        }
        case Effect.Configured _,
            Effect.ServeReads _,
            Effect.Accept _,
            Effect.Refuse _,
            Effect.Announce _,
            Effect.Fatal _ -> {}
      }
    }
    then.forEach(event -> on(id, event));
  }

  private void arrive(Mail.Letter letter) {
    if (node(letter.to()).isUp()) {
      on(letter.to(), new Event.Received(letter.from(), letter.message()));
    }
  }
}
