package dengine.engine;

import dengine.engine.spi.LogStore;
import dengine.engine.spi.StateMachine;
import dengine.engine.spi.StorageException;
import dengine.engine.spi.Transport;
import dengine.raft.Effect;
import dengine.raft.Entry;
import dengine.raft.Event;
import dengine.raft.Membership;
import dengine.raft.Message;
import dengine.raft.Position;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.jetbrains.lincheck.datastructures.ManagedStrategyGuaranteeKt;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Validate;
import org.jetbrains.lincheck.datastructures.verifier.EpsilonVerifier;
import org.junit.jupiter.api.Test;

/// Lets a model checker run callers of a leader, its threads, and what ends its leadership, in
/// every order it can think of. All its parts are there but disk and network; the checker does not
/// look into the core, which belongs to one turn at a time.
@SuppressWarnings("missing-explicit-ctor") // public because the model checker asks for it
public class InterleavedEventLoopTest {

  @Test
  void everyCallEndsOnceWhileALeaderIsHalted() {
    check(Halted.class);
  }

  @Test
  void everyCallEndsOnceWhileALeaderFails() {
    check(Failing.class);
  }

  @Test
  void nobodyTrustsTheLeaseOnceAnotherNodeMayLead() {
    check(Replaceable.class);
  }

  private static void check(Class<? extends Leader> leader) {
    new ModelCheckingOptions()
        .iterations(8)
        .invocationsPerIteration(40)
        .threads(3)
        .actorsPerThread(3)
        .actorsBefore(1)
        .actorsAfter(1)
        .addGuarantee(
            ManagedStrategyGuaranteeKt.forClasses(name -> name.startsWith("dengine.raft."))
                .allMethods()
                .ignore())
        .verifier(EpsilonVerifier.class)
        .minimizeFailedScenario(false)
        .check(leader);
  }

  /// A leader that is halted.
  public static final class Halted extends Alone {

    @Operation(runOnce = true)
    public void halt() {
      loop.halt(new NodeException.Stopped("closed", null), halted);
    }

    @Operation
    public void look() {
      boolean over = halted.isDone();
      wrong |= over && showsLeadership();
    }
  }

  /// A leader of which something fails.
  public static final class Failing extends Alone {

    @Operation(runOnce = true)
    public void breakDisk() {
      diskIsBroken = true;
    }

    @Operation(runOnce = true)
    public void breakStateMachine() {
      stateMachineIsBroken = true;
    }

    @Operation
    public void look() {
      boolean over = fatal.get() > 0;
      wrong |= over && showsLeadership();
    }
  }

  /// A leader that needs nobody else.
  public abstract static class Alone extends Leader {
    Alone() {
      super(1);
    }

    @Operation
    public void write() {
      submit(completion -> new WriteCall(new byte[0], Long.MAX_VALUE, completion));
    }

    @Operation
    public void read() {
      submit(completion -> new ReadCall(Long.MAX_VALUE, completion));
    }

    @Operation
    public void carry() {
      carryOne();
    }

    @Validate
    public void everyCallMustHaveEnded() {
      carryAll();
      for (AtomicInteger end : ends) {
        wrong |= end.get() != 1;
      }
      if (wrong || loop.backlog() > 0 || fatal.get() > 1) {
        throw new AssertionError("ends " + ends + ", backlog " + loop.backlog());
      }
    }
  }

  /// A leader that another node can replace.
  public static final class Replaceable extends Leader {
    public Replaceable() {
      super(2);
    }

    @Operation(runOnce = true)
    public void handOver() {
      Handover handover = new Handover(new CompletableFuture<>());
      loop.tell(new Event.TransferAsked(handover, 2), true);
    }

    @Operation
    public void read() {
      submit(completion -> new ReadCall(Long.MAX_VALUE, completion));
    }

    @Operation
    public void look() {
      boolean mayLead = anotherMayLead;
      wrong |= mayLead && loop.standing().lease().term() > 0;
    }

    @Operation
    public void carry() {
      carryOne();
    }

    @Validate
    public void nobodyMustHaveTrustedTheLease() {
      if (wrong) {
        throw new AssertionError("a lease although another node may lead");
      }
    }
  }

  /// A leader that has caught up before anything else happens. Its threads are tasks that somebody
  /// carries.
  abstract static class Leader implements LogStore, StateMachine, Transport {
    private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
    final Queue<AtomicInteger> ends = new ConcurrentLinkedQueue<>();
    final AtomicInteger fatal = new AtomicInteger();
    final CompletableFuture<Void> halted = new CompletableFuture<>();
    final EventLoop loop;
    volatile boolean diskIsBroken;
    volatile boolean stateMachineIsBroken;
    volatile boolean anotherMayLead;
    volatile boolean wrong;

    Leader(int voters) {
      ModelledExecution threads = new ModelledExecution(tasks::add);
      this.loop =
          new EventLoop(
              ElectedCore.of(voters),
              1,
              7,
              threads,
              tasks::add,
              self -> outlets(threads, self),
              _ -> fatal.incrementAndGet());
      loop.tick();
      carryAll();
      wrong = !showsLeadership();
    }

    private EventLoop.Outlets outlets(ModelledExecution threads, EventLoop self) {
      Configuration configuration = new Configuration(0, Membership.of(1), true);
      MemoryStorage memory = new MemoryStorage();
      SnapshotOptions options = SnapshotOptions.DEFAULT;
      NodeOptions defaults = NodeOptions.DEFAULT;
      return new EventLoop.Outlets(
          this,
          new LogWriter("log", this, memory, defaults, threads, threads, self),
          new LogReader("reader", this, threads, threads, self),
          new Applier(
              this, Applied.upTo(1), memory.snapshots, (_, _) -> {}, threads, 10, tasks::add, self),
          new Ticker("ticker", threads, threads, () -> {}, _ -> {}),
          new Roster(1, configuration, configuration, this, tasks::add),
          new Snapshots(
              "snapshots", 1, memory.snapshots, options, threads, threads, this, 0, self));
    }

    final void submit(Function<Completion, Call> call) {
      AtomicInteger end = new AtomicInteger();
      ends.add(end);
      loop.submit(call.apply((_, _) -> end.incrementAndGet()));
    }

    final boolean showsLeadership() {
      Standing standing = loop.standing();
      return standing.isLeading() || standing.lease().term() > 0;
    }

    final boolean carryOne() {
      Runnable task = tasks.poll();
      if (task != null) {
        task.run();
      }
      return task != null;
    }

    final void carryAll() {
      boolean more = true;
      while (more) {
        more = carryOne();
      }
    }

    @Override
    public void append(List<Effect.Persist> changes) {
      if (diskIsBroken) {
        throw new StorageException.IoFailure("write", Path.of("log"), new IOException("broken"));
      }
    }

    @Override
    public void apply(Batch batch) {
      if (stateMachineIsBroken) {
        throw new IllegalStateException("told to break");
      }
    }

    @Override
    public void send(int to, Message message) {
      anotherMayLead |= message instanceof Message.CampaignNow;
    }

    @Override
    public void force() {}

    @Override
    public void compact(Position upTo) {}

    @Override
    public void start(Receiver receiver) {}

    @Override
    public void close() {}

    @Override
    public Recovered recovered() {
      throw new UnsupportedOperationException();
    }

    @Override
    public List<Entry> read(long from, long upTo, long maxBytes) {
      throw new UnsupportedOperationException();
    }
  }
}
