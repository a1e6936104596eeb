package dengine.cli;

import dengine.api.Admin;
import dengine.api.ClusterMember;
import dengine.api.ClusterMember.Standing;
import dengine.api.ClusterMembership;
import dengine.api.NewMember;
import dengine.api.Replacement;
import dengine.api.Snapshot;
import dengine.api.SnapshotFailedException;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.Consumer;

/// An operator's view of a cluster that is not there; remembers what it was asked.
final class MemoryAdmin implements Admin {

  final List<String> asked = new ArrayList<>();
  RuntimeException failure;

  /// What a transfer is refused with.
  RuntimeException refusal;

  boolean replaced = true;
  byte[] file = new byte[0];
  final List<Duration> deadlines = new ArrayList<>();

  /// Which node takes and sends snapshots, and the index of what it takes.
  int node = 1;

  long index = 8;

  /// So many saves break off in the middle.
  int breaks;

  /// Happens in the middle of each save.
  Runnable meanwhile = () -> {};

  ClusterMembership members =
      new ClusterMembership(
          7,
          true,
          1,
          List.of(
              new ClusterMember(
                  1, "h:1", Standing.VOTER, false, 255, 0, OptionalLong.of(0), OptionalLong.of(0)),
              new ClusterMember(
                  2, "", Standing.LEAVING, false, 0, 0, OptionalLong.empty(), OptionalLong.empty()),
              new ClusterMember(
                  3,
                  "h:3",
                  Standing.LEARNER,
                  true,
                  0,
                  0,
                  OptionalLong.of(12),
                  OptionalLong.of(12_345)),
              new ClusterMember(
                  4,
                  "h:4",
                  Standing.LEARNER,
                  false,
                  0,
                  2,
                  OptionalLong.of(5),
                  OptionalLong.of(0))));

  private long change(String what) {
    asked.add(what);
    if (failure != null) {
      throw failure;
    }
    return 8;
  }

  @Override
  public Admin withDeadline(Duration deadline) {
    deadlines.add(deadline);
    return this;
  }

  @Override
  public Duration deadline() {
    return Duration.ofSeconds(5);
  }

  @Override
  public ClusterMembership listMembers() {
    if (failure != null) {
      throw failure;
    }
    return members;
  }

  @Override
  public long add(NewMember member) {
    return change("add " + member.id() + " " + member.address() + " " + member.readOnly());
  }

  @Override
  public long promote(List<Integer> ids) {
    return change("promote " + ids);
  }

  @Override
  public long demote(int id) {
    return change("demote " + id);
  }

  @Override
  public long remove(List<Integer> ids) {
    return change("remove " + ids);
  }

  @Override
  public long readdress(int id, String address) {
    return change("readdress " + id + " " + address);
  }

  @Override
  public Replacement replace(int oldId, int newId, String newAddress) {
    var _ = change("replace " + oldId + " " + newId + " " + newAddress);
    return new Replacement(replaced, members);
  }

  @Override
  public void transferLeadership(int to) {
    var _ = change("transfer " + to);
    if (refusal != null) {
      throw refusal;
    }
  }

  @Override
  public Snapshot createSnapshot() {
    var _ = change("snapshot");
    return new Snapshot(node, index, 3, file.length, 0);
  }

  @Override
  public Snapshot saveSnapshot(OutputStream out) throws IOException {
    asked.add("save");
    out.write(file, 0, file.length / 2);
    meanwhile.run();
    if (breaks > 0) {
      breaks--;
      throw new SnapshotFailedException("the snapshot broke off after some bytes: gone");
    }
    out.write(file, file.length / 2, file.length - file.length / 2);
    return new Snapshot(node, index, 3, file.length, 0);
  }

  @Override
  public Watching watchMembership(Consumer<ClusterMembership> listener) {
    throw new UnsupportedOperationException();
  }
}
