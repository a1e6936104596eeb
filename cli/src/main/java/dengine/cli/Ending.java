package dengine.cli;

import java.util.concurrent.atomic.AtomicReference;

/// What happens when the process is asked to end (SIGTERM, Ctrl-C): something is finished first,
/// and the exit code is 0, since ending was what somebody wanted.
final class Ending {

  private enum State {
    WAITING,
    ASKED,
    OVER
  }

  private final AtomicReference<State> state = new AtomicReference<>(State.WAITING);

  private Ending() {}

  /// Finishes so from now on.
  static Ending with(Runnable finish) {
    Ending ending = new Ending();
    Runtime.getRuntime()
        .addShutdownHook(new Thread(() -> ending.asked(finish), "dengine-shutdown"));
    return ending;
  }

  /// The command ended by itself: its own exit code counts. Without effect while the process is
  /// ending.
  void over() {
    state.compareAndSet(State.WAITING, State.OVER);
  }

  private void asked(Runnable finish) {
    if (state.compareAndSet(State.WAITING, State.ASKED)) {
      finish.run();
      // Otherwise the code would be 128 + the signal's number: a failure, to supervisors.
      Runtime.getRuntime().halt(ExitCode.OK);
    }
  }
}
