package dengine.embedded;

import dengine.engine.spi.MetaStore;
import dengine.engine.spi.StorageEngine;
import dengine.engine.spi.Transport;
import dengine.grpc.GrpcTransport;
import dengine.grpc.TransportOptions;
import dengine.kv.KeyValueStore;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.jspecify.annotations.Nullable;

/// Opens what an engine listens with, and lets go of what it was to be made of.
final class Setup {

  private Setup() {}

  /// Listens at the node's address, and knows where the configured members are.
  ///
  /// @throws UncheckedIOException if the address cannot be listened on
  static GrpcTransport listen(EngineConfig config, MetaStore.Identity identity) {
    TransportOptions options =
        TransportOptions.of(config.self().address(), identity.clusterId(), identity.nodeId())
            .withRoomFor(config.raft().maxMessageBytes(), config.limits().maxRequestBytes());
    GrpcTransport network;
    try {
      network = GrpcTransport.listen(options);
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
    try {
      for (MemberAddress member : config.members()) {
        if (member.id() != config.nodeId()) {
          network.peer(member.id(), member.address());
        }
      }
      return network;
    } catch (RuntimeException failure) {
      network.close();
      throw failure;
    }
  }

  static void release(
      @Nullable Transport network,
      @Nullable StorageEngine engine,
      @Nullable KeyValueStore machine) {
    if (network != null) {
      network.close();
    }
    if (engine != null) {
      engine.close();
    }
    if (machine != null) {
      machine.close();
    }
  }
}
