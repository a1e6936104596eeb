package dengine.grpc;

import dengine.api.Admin;
import dengine.api.ClusterMember;
import dengine.api.ClusterMember.Standing;
import dengine.api.ClusterMembership;
import dengine.api.NewMember;
import dengine.api.OutcomeUnknownException;
import dengine.api.Snapshot;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Queue;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;

/// A cluster without an engine: a table of members, and listeners. Changes are committed at once;
/// it can be told to fail and to wait, and remembers what it was asked.
final class FakeAdmin implements Admin {

  /// The next change fails with this, once.
  volatile RuntimeException failure;

  /// Whether the planned failure stays.
  volatile boolean failsAlways;

  /// While set, changes wait for it.
  volatile CountDownLatch gate;

  /// Changes that wait for the gate.
  final CountDownLatch atGate = new CountDownLatch(AdminCalls.MAX_CHANGES);

  volatile int leader = 1;
  volatile byte[] file = new byte[0];

  /// Thrown by a save after the file was written.
  volatile RuntimeException damage;

  /// Counted down when a save has written all or given up.
  final CountDownLatch saveEnded = new CountDownLatch(1);

  final Queue<String> asked = new ConcurrentLinkedQueue<>();
  final Queue<Duration> deadlines = new ConcurrentLinkedQueue<>();
  final Set<Consumer<ClusterMembership>> listeners = ConcurrentHashMap.newKeySet();

  private final Map<Integer, ClusterMember> members = new TreeMap<>();
  private long index;

  FakeAdmin() {
    put(1, "127.0.0.1:9081", Standing.VOTER, false, 0);
    put(2, "127.0.0.1:9082", Standing.VOTER, false, 0);
    put(3, "127.0.0.1:9083", Standing.LEARNER, false, 0);
  }

  /// Waits until somebody asked for something.
  void awaitAsked() {
    while (asked.isEmpty()) {
      Thread.onSpinWait();
    }
  }

  /// Waits until somebody watches.
  void awaitListener() {
    while (listeners.isEmpty()) {
      Thread.onSpinWait();
    }
  }

  /// Waits until nobody watches any more.
  void awaitNoListener() {
    while (!listeners.isEmpty()) {
      Thread.onSpinWait();
    }
  }

  /// Puts a member into the table without a change.
  synchronized void put(
      int id, String address, Standing standing, boolean readOnly, long incarnation) {
    members.put(
        id,
        new ClusterMember(
            id,
            address,
            standing,
            readOnly,
            incarnation,
            0,
            OptionalLong.of(10L * id),
            OptionalLong.of(id)));
  }

  private long change(String what, Runnable change) {
    asked.add(what);
    RuntimeException planned = failure;
    if (planned != null) {
      if (!failsAlways) {
        failure = null;
      }
      throw planned;
    }
    CountDownLatch closed = gate;
    if (closed != null) {
      atGate.countDown();
      try {
        closed.await();
      } catch (InterruptedException e) {
        throw new OutcomeUnknownException("interrupted", e);
      }
    }
    ClusterMembership now;
    synchronized (this) {
      change.run();
      index++;
      now = listMembers();
    }
    listeners.forEach(listener -> listener.accept(now));
    return now.index();
  }

  @Override
  public Admin withDeadline(Duration deadline) {
    deadlines.add(deadline);
    return this;
  }

  @Override
  public Duration deadline() {
    return Duration.ofSeconds(10);
  }

  @Override
  public synchronized ClusterMembership listMembers() {
    return new ClusterMembership(index, true, leader, List.copyOf(members.values()));
  }

  @Override
  public long add(NewMember member) {
    return change(
        "add " + member,
        () ->
            members.put(
                member.id(),
                new ClusterMember(
                    member.id(),
                    member.address(),
                    Standing.LEARNER,
                    member.readOnly(),
                    member.incarnation(),
                    member.replaces(),
                    OptionalLong.empty(),
                    OptionalLong.empty())));
  }

  @Override
  public long promote(List<Integer> ids) {
    return change("promote " + ids, () -> {});
  }

  @Override
  public long demote(int id) {
    return change("demote " + id, () -> {});
  }

  @Override
  public long remove(List<Integer> ids) {
    return change("remove " + ids, () -> members.keySet().removeAll(ids));
  }

  @Override
  public long readdress(int id, String address) {
    return change("readdress " + id + " " + address, () -> {});
  }

  @Override
  public void transferLeadership(int to) {
    change("transfer " + to, () -> leader = to);
  }

  @Override
  public Snapshot createSnapshot() {
    change("snapshot", () -> {});
    return new Snapshot(1, 90, 3, file.length, 1234);
  }

  @Override
  public Snapshot saveSnapshot(OutputStream out) throws IOException {
    asked.add("save");
    try {
      out.write(file);
    } finally {
      saveEnded.countDown();
    }
    RuntimeException found = damage;
    if (found != null) {
      throw found;
    }
    return new Snapshot(1, 90, 3, file.length, 1234);
  }

  @Override
  public Watching watchMembership(Consumer<ClusterMembership> listener) {
    listener.accept(listMembers());
    listeners.add(listener);
    return () -> listeners.remove(listener);
  }
}
