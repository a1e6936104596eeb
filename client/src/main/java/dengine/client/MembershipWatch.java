package dengine.client;

import dengine.api.Admin;
import dengine.api.ClusterMembership;
import dengine.proto.v1.AdminGrpc;
import dengine.proto.v1.Membership;
import dengine.proto.v1.WatchMembersRequest;
import io.grpc.ManagedChannel;
import java.util.Iterator;
import java.util.function.Consumer;

/// Tells who the members are. Whichever server says it, nothing is told that is older than what was
/// told before, or the same.
final class MembershipWatch implements ServerWatch.Story<Membership> {

  private final Consumer<ClusterMembership> listener;
  private long told = -1;

  private MembershipWatch(Consumer<ClusterMembership> listener) {
    this.listener = listener;
  }

  static Admin.Watching start(AdminServers servers, Consumer<ClusterMembership> listener) {
    return ServerWatch.start(servers, servers::addresses, new MembershipWatch(listener));
  }

  @Override
  public Iterator<Membership> open(ManagedChannel server) {
    return AdminGrpc.newBlockingStub(server).watchMembers(WatchMembersRequest.getDefaultInstance());
  }

  @Override
  public void tell(Membership news, Runnable leave) {
    ClusterMembership now = AdminViews.membership(news);
    if (now.index() > told) {
      told = now.index();
      listener.accept(now);
    }
  }
}
