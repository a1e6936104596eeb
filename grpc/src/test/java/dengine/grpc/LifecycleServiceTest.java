package dengine.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dengine.proto.v1.LifecycleGrpc;
import dengine.proto.v1.NodeState;
import dengine.proto.v1.NodeState.Phase;
import dengine.proto.v1.WatchStateRequest;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// What a follower of a node is told last, as it goes over the network.
@Timeout(60)
final class LifecycleServiceTest {

  private Served served;

  @BeforeEach
  void serve() throws Exception {
    served = new Served(ServiceOptions.DEFAULT);
  }

  @AfterEach
  void stop() {
    served.close();
  }

  @Test
  void aNodeThatStopsByItselfTellsWhyAndThenTheCallEnds() {
    Iterator<NodeState> told = follow();
    assertThat(told.next().getPhase()).isEqualTo(Phase.PHASE_WAITING);

    served.lifecycle.stops("the disk is full");

    NodeState last = told.next();
    assertThat(last.getPhase()).isEqualTo(Phase.PHASE_STOPPING);
    assertThat(last.getCause()).isEqualTo("the disk is full");
    assertEnds(told);
  }

  @Test
  void aNodeThatIsClosedTellsThatItStopsAndThenTheCallEnds() {
    served.lifecycle.leads(3, 17);
    Iterator<NodeState> told = follow();
    assertThat(told.next().getPhase()).isEqualTo(Phase.PHASE_SERVING);

    served.services.close();

    NodeState last = told.next();
    assertThat(last.getPhase()).isEqualTo(Phase.PHASE_STOPPING);
    assertThat(last.getCause()).isEmpty();
    assertEnds(told);
  }

  @Test
  void whoeverReadsNothingIsToldTheLastAllTheSameAndWaitedForByNobody() throws Exception {
    Sleeper sleeper = new Sleeper();
    LifecycleGrpc.newStub(served.channel)
        .watchState(WatchStateRequest.getDefaultInstance(), sleeper);
    served.lifecycle.awaitListeners(2); // one is the health service's
    for (int term = 1; term <= 100_000; term++) {
      served.lifecycle.follows(term, 2);
    }

    served.lifecycle.stops("the disk is full");
    served.lifecycle.awaitListeners(1);
    sleeper.wakeUp();

    assertThat(Status.fromThrowable(sleeper.end.get(30, TimeUnit.SECONDS)).getCode())
        .isEqualTo(Status.Code.UNAVAILABLE);
    assertThat(sleeper.told).hasSizeLessThan(100_000);
    assertThat(sleeper.told.getLast().getPhase()).isEqualTo(Phase.PHASE_STOPPING);
    assertThat(sleeper.told.getLast().getCause()).isEqualTo("the disk is full");
  }

  /// Asks for nothing before it is told to.
  private static final class Sleeper
      implements ClientResponseObserver<WatchStateRequest, NodeState> {
    private final CompletableFuture<ClientCallStreamObserver<?>> call = new CompletableFuture<>();
    private final List<NodeState> told = new CopyOnWriteArrayList<>();
    private final CompletableFuture<Throwable> end = new CompletableFuture<>();

    @Override
    public void beforeStart(ClientCallStreamObserver<WatchStateRequest> stream) {
      stream.disableAutoRequestWithInitial(0);
      call.complete(stream);
    }

    void wakeUp() {
      call.join().request(Integer.MAX_VALUE);
    }

    @Override
    public void onNext(NodeState now) {
      told.add(now);
    }

    @Override
    public void onError(Throwable failure) {
      end.complete(failure);
    }

    @Override
    public void onCompleted() {
      end.complete(new IllegalStateException("completed"));
    }
  }

  private Iterator<NodeState> follow() {
    return LifecycleGrpc.newBlockingStub(served.channel)
        .withDeadlineAfter(30, TimeUnit.SECONDS)
        .watchState(WatchStateRequest.getDefaultInstance());
  }

  private static void assertEnds(Iterator<NodeState> told) {
    assertThatThrownBy(told::hasNext)
        .asInstanceOf(InstanceOfAssertFactories.type(StatusRuntimeException.class))
        .satisfies(end -> assertThat(end.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE));
  }
}
