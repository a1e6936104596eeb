package dengine.client;

import static org.assertj.core.api.Assertions.assertThat;

import dengine.interleaving.Together;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jetbrains.lincheck.Lincheck;
import org.junit.jupiter.api.Test;

/// Lets a model checker run the thread that dials a server, the loop and the one who closes the
/// client, in every order it can think of.
@SuppressWarnings("missing-explicit-ctor") // public because the model checker asks for it
public class InterleavedSessionTest {

  private static final int INVOCATIONS = 50;

  @Test
  void aConnectionThatIsDialledWhileTheClientClosesIsShut() {
    Lincheck.runConcurrentTest(
        INVOCATIONS,
        () -> {
          Channel channel = new Channel();
          DiallingLoop loop = new DiallingLoop(channel);
          Dispatcher dispatcher = new Dispatcher(List.of("here:1"), ClientOptions.DEFAULT, loop);
          Together.share(dispatcher, channel, loop);
          loop.runSteps();
          // On the loop: elsewhere it would wait, in real time, for a step of the model.
          loop.execute(dispatcher::close);
          Together.run(loop.threads, loop::runSteps, loop::lookUp);
          loop.runSteps();
          if (!channel.shut) {
            throw new AssertionError("a connection is left");
          }
        });
  }

  @Test
  void aConnectionThatIsDialledJustBeforeTheLoopEndsIsShut() {
    Channel channel = new Channel();
    DiallingLoop loop =
        new DiallingLoop(channel) {
          @Override
          public void close() {
            // After the last of the client's steps, before the loop refuses more.
            Together.run(threads, this::lookUp);
            super.close();
          }
        };
    Dispatcher dispatcher = new Dispatcher(List.of("here:1"), ClientOptions.DEFAULT, loop);
    loop.runSteps();

    loop.execute(dispatcher::close);
    loop.runSteps();

    assertThat(channel.shut).isTrue();
  }

  /// Dials on a thread of its own, as names are looked up.
  private static class DiallingLoop extends SteppedLoop {
    private final ManagedChannel channel;
    private Runnable lookUp = () -> {};

    DiallingLoop(ManagedChannel channel) {
      this.channel = channel;
    }

    @Override
    public void dial(
        String address, int attempt, Consumer<ManagedChannel> dialled, Consumer<String> failed) {
      lookUp = () -> dialled.accept(channel);
    }

    final void lookUp() {
      lookUp.run();
    }
  }

  /// Leads nowhere.
  private static final class Channel extends ManagedChannel {
    private volatile boolean shut;

    @Override
    public ManagedChannel shutdownNow() {
      shut = true;
      return this;
    }

    @Override
    public ManagedChannel shutdown() {
      return shutdownNow();
    }

    @Override
    public boolean isShutdown() {
      return shut;
    }

    @Override
    public boolean isTerminated() {
      return shut;
    }

    @Override
    public boolean awaitTermination(long timeout, TimeUnit unit) {
      if (!shut) {
        throw new AssertionError("waits for what was not shut");
      }
      return true;
    }

    @Override
    public String authority() {
      return "here";
    }

    @Override
    public <Q, R> ClientCall<Q, R> newCall(MethodDescriptor<Q, R> method, CallOptions options) {
      return new SilentCall<>();
    }
  }

  private static final class SilentCall<Q, R> extends ClientCall<Q, R> {

    @Override
    public void start(Listener<R> listener, Metadata headers) {}

    @Override
    public void request(int messages) {}

    @Override
    public void cancel(String message, Throwable cause) {}

    @Override
    public void halfClose() {}

    @Override
    public void sendMessage(Q message) {}
  }
}
