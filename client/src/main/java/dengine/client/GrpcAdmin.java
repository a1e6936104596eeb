package dengine.client;

import dengine.api.Admin;
import dengine.api.ClusterMembership;
import dengine.api.InvalidRequestException;
import dengine.api.NewMember;
import dengine.api.Snapshot;
import dengine.proto.v1.AddMember;
import dengine.proto.v1.AdminGrpc.AdminBlockingStub;
import dengine.proto.v1.ChangeMembersRequest;
import dengine.proto.v1.CreateSnapshotRequest;
import dengine.proto.v1.DemoteMember;
import dengine.proto.v1.ListMembersRequest;
import dengine.proto.v1.PromoteMembers;
import dengine.proto.v1.ReaddressMember;
import dengine.proto.v1.RemoveMembers;
import dengine.proto.v1.TransferLeadershipRequest;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;

/// An operator's calls over gRPC. All go to the leader; what any node can do goes to another if the
/// leader is not found.
final class GrpcAdmin implements Admin {

  private final AdminServers servers;
  private final Duration deadline;

  GrpcAdmin(AdminServers servers, Duration deadline) {
    this.servers = servers;
    this.deadline = deadline;
  }

  @Override
  public Admin withDeadline(Duration longest) {
    return new GrpcAdmin(servers, GrpcClient.positive("deadline", longest));
  }

  @Override
  public Duration deadline() {
    return deadline;
  }

  @Override
  public ClusterMembership listMembers() {
    return servers.look(
        deadline,
        server ->
            AdminViews.membership(server.listMembers(ListMembersRequest.getDefaultInstance())));
  }

  @Override
  public long add(NewMember member) {
    return change(
        ChangeMembersRequest.newBuilder()
            .setAdd(
                AddMember.newBuilder()
                    .setId(member.id())
                    .setAddress(member.address())
                    .setReadOnly(member.readOnly())
                    .setIncarnation(member.incarnation())
                    .setReplaces(member.replaces())));
  }

  @Override
  public long promote(List<Integer> ids) {
    return change(
        ChangeMembersRequest.newBuilder()
            .setPromote(PromoteMembers.newBuilder().addAllIds(requireSome(ids))));
  }

  @Override
  public long demote(int id) {
    return change(ChangeMembersRequest.newBuilder().setDemote(DemoteMember.newBuilder().setId(id)));
  }

  @Override
  public long remove(List<Integer> ids) {
    return change(
        ChangeMembersRequest.newBuilder()
            .setRemove(RemoveMembers.newBuilder().addAllIds(requireSome(ids))));
  }

  @Override
  public long readdress(int id, String address) {
    return change(
        ChangeMembersRequest.newBuilder()
            .setReaddress(ReaddressMember.newBuilder().setId(id).setAddress(address)));
  }

  private static List<Integer> requireSome(List<Integer> ids) {
    if (ids.isEmpty()) {
      throw new InvalidRequestException("ids", "none", "one or more");
    }
    return ids;
  }

  private long change(ChangeMembersRequest.Builder request) {
    return servers.change(deadline, server -> server.changeMembers(request.build()).getIndex());
  }

  @Override
  public void transferLeadership(int to) {
    var ignored =
        servers.change(
            deadline,
            server ->
                server.transferLeadership(
                    TransferLeadershipRequest.newBuilder().setTo(to).build()));
  }

  @Override
  public Snapshot createSnapshot() {
    return servers.change(
        deadline,
        (AdminBlockingStub server) ->
            AdminViews.snapshot(server.createSnapshot(CreateSnapshotRequest.getDefaultInstance())));
  }

  @Override
  public Snapshot saveSnapshot(OutputStream out) throws IOException {
    try {
      return servers.open(deadline, server -> SnapshotDownload.fetch(server, out, deadline));
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  @Override
  public Watching watchMembership(Consumer<ClusterMembership> listener) {
    return MembershipWatch.start(servers, listener);
  }
}
