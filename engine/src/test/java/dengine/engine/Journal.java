package dengine.engine;

import dengine.engine.spi.StateMachine;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/// A state machine that keeps its commands and answers each with its place.
final class Journal implements StateMachine {

  final List<String> lines = new CopyOnWriteArrayList<>();

  @Override
  public void apply(Batch batch) {
    for (int i = 0; i < batch.size(); i++) {
      if (batch.isCommand(i)) {
        String line = new String(batch.command(i), StandardCharsets.UTF_8);
        if (line.equals("break")) {
          throw new IllegalStateException("told to break");
        }
        lines.add(line);
        batch.complete(i, batch.index(i));
      }
    }
  }
}
