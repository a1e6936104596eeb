package dengine.grpc;

import dengine.proto.v1.Reply;
import dengine.proto.v1.SessionResponse;
import io.grpc.stub.ServerCallStreamObserver;
import java.util.ArrayList;
import java.util.List;

/// The server's end of a session's call, which remembers what it is told and refuses to be told two
/// things at a time.
final class ModelCall extends ServerCallStreamObserver<SessionResponse> {

  /// Commands that were answered, in that order.
  final List<Long> answered = new ArrayList<>();

  int pongs;
  int requested;
  int completed;

  /// What happens when the session looks whether it may send.
  Runnable meanwhile = () -> {};

  /// Whether the caller reads.
  volatile boolean ready = true;

  private boolean used;

  private void use(Runnable action) {
    if (used || completed > 0) {
      throw new AssertionError(used ? "two threads at a time" : "used after its end");
    }
    used = true;
    action.run();
    used = false;
  }

  @Override
  public void onNext(SessionResponse response) {
    use(
        () -> {
          response.getRepliesList().stream().map(Reply::getId).forEach(answered::add);
          pongs += response.getPong() == 0 ? 0 : 1;
        });
  }

  @Override
  public void onCompleted() {
    use(() -> {});
    completed++;
  }

  @Override
  public void request(int count) {
    use(() -> requested += count);
  }

  @Override
  public boolean isReady() {
    meanwhile.run();
    return ready;
  }

  @Override
  public void onError(Throwable failure) {
    throw new AssertionError(failure);
  }

  @Override
  public boolean isCancelled() {
    return false;
  }

  @Override
  public void setOnCancelHandler(Runnable handler) {}

  @Override
  public void setOnReadyHandler(Runnable handler) {}

  @Override
  public void setOnReadyThreshold(int bytes) {}

  @Override
  public void disableAutoRequest() {}

  @Override
  public void disableAutoInboundFlowControl() {}

  @Override
  public void setCompression(String compression) {}

  @Override
  public void setMessageCompression(boolean enable) {}
}
