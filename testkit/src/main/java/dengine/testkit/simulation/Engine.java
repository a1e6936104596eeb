package dengine.testkit.simulation;

import dengine.embedded.EmbeddedEngine;
import dengine.embedded.EngineConfig;
import dengine.embedded.Join;
import dengine.embedded.MemberAddress;
import dengine.engine.Node;
import dengine.grpc.ClientServices;
import dengine.grpc.ServiceOptions;
import dengine.raft.Membership;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/// An engine with its key-value store on a machine, and what it offers to remote clients.
record Engine(EmbeddedEngine embedded) implements Subject.Life {

  private static final int MAX_REQUEST_BYTES = 1 << 20;

  /// Of one connection, which a simulated one does not bound.
  private static final int MAX_CALLS = 4096;

  static Engine start(World world, Subject.Parts parts, WatchLedger ledger) {
    Knobs knobs = world.knobs();
    RandomGenerator random = world.random();
    EngineConfig config =
        config(world, parts)
            .withClusterId(Machine.CLUSTER)
            .withRaft(knobs.raft())
            .withSnapshots(knobs.snapshots())
            .withPersistence(knobs.persistence())
            .withDeadline(knobs.deadline())
            .withWatch(Spectators.limits(world));
    EmbeddedEngine engine =
        EmbeddedEngine.builder(config)
            .store(
                new SabotagedStore(
                    world, parts.process(), recorder -> ledger.witness(parts.machine(), recorder)))
            .storage(parts.storage())
            .transport(parts.transport())
            .clock(parts.process())
            .execution(parts.process())
            .random(random)
            .addedByOthers()
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
                    engine.lifecycle(),
                    engine::status,
                    bounds,
                    MAX_REQUEST_BYTES,
                    MAX_CALLS,
                    parts.process()::execute,
                    address -> {
                      throw new IllegalStateException("nobody joins through " + address);
                    })
                .services());
    return new Engine(engine);
  }

  private static EngineConfig config(World world, Subject.Parts parts) {
    int id = parts.id();
    Membership initial = parts.machine().initial();
    if (initial.equals(Membership.NONE)) {
      Join join = Join.through(world.machine(1).address());
      return EngineConfig.joining(id, parts.machine().address(), join, parts.directory());
    }
    List<MemberAddress> members = new ArrayList<>();
    for (int member : initial.members()) {
      members.add(
          new MemberAddress(member, world.machine(member).address(), !initial.isVoter(member)));
    }
    return EngineConfig.of(id, members, parts.directory());
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
