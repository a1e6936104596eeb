package dengine.fuzz;

import dengine.grpc.HandshakeTarget;
import dengine.grpc.PacketTarget;
import dengine.grpc.RequestTarget;
import dengine.grpc.SessionTarget;
import dengine.kv.CommandTarget;
import dengine.kv.StateTarget;
import dengine.server.config.ConfigTarget;
import dengine.storage.IdentityTarget;
import dengine.storage.LogFileTarget;
import dengine.storage.LogRecordTarget;
import dengine.storage.SegmentHeaderTarget;
import dengine.storage.SnapshotTarget;
import dengine.storage.VoteTarget;
import java.util.List;

/// All targets.
final class Targets {

  static final List<Target> ALL =
      List.of(
          new SegmentHeaderTarget(),
          new LogFileTarget(),
          new LogRecordTarget(),
          new VoteTarget(),
          new IdentityTarget(),
          new SnapshotTarget(),
          new CommandTarget(),
          new StateTarget(),
          new PacketTarget(),
          new HandshakeTarget(),
          new SessionTarget(),
          new RequestTarget(),
          new ConfigTarget());

  private Targets() {}

  static Target named(String name) {
    return ALL.stream()
        .filter(target -> target.name().equals(name))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("no target is called " + name));
  }
}
