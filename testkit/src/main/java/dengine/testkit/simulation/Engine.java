package dengine.testkit.simulation;

import dengine.embedded.EmbeddedEngine;
import dengine.embedded.EngineConfig;
import dengine.embedded.MemberAddress;
import dengine.engine.Node;
import dengine.grpc.ClientServices;
import dengine.grpc.ServiceOptions;
import io.grpc.ManagedChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/// An engine with its key-value store on a machine, and what it offers to remote clients.
record Engine(EmbeddedEngine embedded) implements Subject.Life {

  private static final int MAX_REQUEST_BYTES = 1 << 20;

  static String address(int id) {
    return "node-" + id + ":1";
  }

  static Engine start(World world, Subject.Parts parts) {
    Knobs knobs = world.knobs();
    RandomGenerator random = world.random();
    List<MemberAddress> members = new ArrayList<>();
    for (int id = 1; id <= knobs.nodes(); id++) {
      members.add(new MemberAddress(id, address(id), !knobs.isVoter(id)));
    }
    EngineConfig config =
        EngineConfig.of(parts.id(), members, parts.directory())
            .withClusterId(Machine.CLUSTER)
            .withRaft(knobs.raft())
            .withPersistence(knobs.persistence())
            .withDeadline(knobs.deadline());
    EmbeddedEngine engine =
        EmbeddedEngine.builder(config)
            .storage(parts.storage())
            .transport(parts.transport())
            .clock(parts.process())
            .execution(parts.process())
            .random(random)
            .start();
    ServiceOptions bounds =
        random.nextBoolean()
            ? ServiceOptions.DEFAULT
            : ServiceOptions.DEFAULT.withSessionBounds(
                1 + random.nextInt(4), 1 + random.nextInt(2000));
    parts
        .process()
        .offer(
            new ClientServices(
                    engine.node().identity(),
                    engine.client(),
                    engine.admin(),
                    engine::status,
                    bounds,
                    MAX_REQUEST_BYTES,
                    parts.process()::execute,
                    Engine::nobody)
                .services());
    return new Engine(engine);
  }

  /// Members of a simulated cluster do not join by calls of each other.
  private static ManagedChannel nobody(String address) {
    throw new IllegalStateException("a call to " + address + " is not simulated");
  }

  @Override
  public Node node() {
    return embedded.node();
  }

  @Override
  public long position() {
    return embedded.store().revision();
  }

  @Override
  public long digest() {
    return embedded.store().stateHash();
  }
}
