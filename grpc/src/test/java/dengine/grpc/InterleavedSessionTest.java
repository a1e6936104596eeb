package dengine.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import dengine.interleaving.Together;
import dengine.proto.v1.Command;
import dengine.proto.v1.FindLeader;
import dengine.proto.v1.Members;
import dengine.proto.v1.SessionRequest;
import dengine.proto.v1.Welcome;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import org.jetbrains.lincheck.Lincheck;
import org.junit.jupiter.api.Test;

/// Lets a model checker run those who meet in a session: the call's thread, the network's, and
/// those who finish commands.
@SuppressWarnings("missing-explicit-ctor") // public because the model checker asks for it
public class InterleavedSessionTest {

  private static final int INVOCATIONS = 50;

  /// More, since they have fewer steps.
  private static final int TURNS = 500;

  private static final SessionRequest MEMBERS =
      request(Command.newBuilder().setId(1).setMembers(Members.getDefaultInstance()));
  private static final SessionRequest LEADER =
      request(Command.newBuilder().setId(2).setLeader(FindLeader.getDefaultInstance()));

  @Test
  void whatIsAskedForWhileATurnEndsGetsAnotherOne() {
    Lincheck.runConcurrentTest(
        TURNS,
        () -> {
          Counter counter = new Counter();
          Together.share(counter);
          Together.run(
              new Together(),
              () -> {
                counter.news.addAndGet(1);
                counter.turns.take();
              },
              () -> {
                counter.news.addAndGet(10);
                counter.turns.ask();
              });
          if (counter.broken || counter.seen != 11) {
            throw new AssertionError(counter.seen);
          }
        });
  }

  @Test
  void commandsThatArriveBeforeTheirSendersLastWordAreAnswered() {
    ModelCall call = new ModelCall();
    SessionStream session = session(call, new FakeStore(), Runnable::run);
    boolean[] came = new boolean[1];
    // In the middle of a turn, after it has looked for commands.
    call.meanwhile =
        () -> {
          if (!came[0]) {
            came[0] = true;
            session.onNext(MEMBERS);
            session.onCompleted();
          }
        };

    session.welcome(Welcome.getDefaultInstance());

    assertThat(call.answered).containsExactly(1L);
    assertThat(call.completed).isEqualTo(1);
  }

  @Test
  void everyCommandIsAnsweredOnceBeforeTheEnd() {
    // What protobuf sets up when it is used first is not for the model checker.
    session(new ModelCall(), new FakeStore(), Runnable::run).onNext(MEMBERS);
    Lincheck.runConcurrentTest(
        INVOCATIONS,
        () -> {
          ModelCall call = new ModelCall();
          FakeStore store = new FakeStore();
          store.leader = Optional.empty();
          CompletableFuture<Void> gate = new CompletableFuture<>();
          store.gate = gate;
          SessionStream session = session(call, store, Runnable::run);
          session.welcome(Welcome.getDefaultInstance());
          session.onNext(LEADER);
          Together.share(call, session, gate);
          Together.run(
              new Together(),
              () -> {
                session.onNext(MEMBERS);
                session.onCompleted();
              },
              () -> gate.complete(null));
          boolean both = call.answered.size() == 2 && call.answered.containsAll(List.of(1L, 2L));
          if (call.completed != 1 || !both) {
            throw new AssertionError(call.completed + " " + call.answered);
          }
        });
  }

  private static SessionRequest request(Command.Builder command) {
    return SessionRequest.newBuilder().addCommands(command).build();
  }

  private static SessionStream session(ModelCall call, FakeStore store, Executor network) {
    return new SessionStream(
        call,
        new Deadlines(store.client(), ServiceOptions.DEFAULT, new Traffic()),
        new SessionCommands(new Reads(ServiceOptions.DEFAULT)),
        ServiceOptions.DEFAULT,
        network,
        ended -> {});
  }

  /// Plain fields on purpose: they are right only if there is one turn at a time. No threads but
  /// the two that ask and no queue, whose steps would hide the few that matter.
  private static final class Counter {
    final AtomicInteger news = new AtomicInteger();
    final Turns turns = new Turns(Runnable::run, this::turn);
    int seen;
    boolean broken;
    private boolean running;

    private void turn() {
      broken |= running;
      running = true;
      seen += news.getAndSet(0);
      running = false;
    }
  }
}
