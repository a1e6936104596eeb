package dengine.engine;

import dengine.engine.spi.StateMachine;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;

/// A state machine that keeps its commands and answers each with its place.
final class Journal implements StateMachine {

  final List<String> lines = new CopyOnWriteArrayList<>();

  /// Lets the command "hang" end.
  final CountDownLatch goOn = new CountDownLatch(1);

  @Override
  public void apply(Batch batch) {
    for (int i = 0; i < batch.size(); i++) {
      if (batch.isCommand(i)) {
        String line = new String(batch.command(i), StandardCharsets.UTF_8);
        if (line.equals("break")) {
          throw new IllegalStateException("told to break");
        }
        if (line.equals("hang")) {
          awaitGoOn();
        }
        lines.add(line);
        batch.complete(i, batch.index(i));
      }
    }
  }

  private void awaitGoOn() {
    try {
      goOn.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
