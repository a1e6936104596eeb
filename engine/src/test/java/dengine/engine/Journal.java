package dengine.engine;

import dengine.engine.spi.StateMachine;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

/// A state machine that keeps its commands and answers each with its place.
final class Journal implements StateMachine {

  final List<String> lines = new CopyOnWriteArrayList<>();

  /// How often the state came from a snapshot.
  final AtomicInteger restores = new AtomicInteger();

  volatile boolean closed;

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

  @Override
  public Optional<View> view() {
    byte[] state = String.join("\n", lines).getBytes(StandardCharsets.UTF_8);
    return Optional.of(
        new View() {
          @Override
          public void writeTo(OutputStream out) throws IOException {
            out.write(state);
          }

          @Override
          public void close() {}
        });
  }

  @Override
  public void restore(InputStream snapshot, long index, long time) throws IOException {
    String state = new String(snapshot.readAllBytes(), StandardCharsets.UTF_8);
    lines.clear();
    state.lines().forEach(lines::add);
    restores.incrementAndGet();
  }

  @Override
  public void close() {
    closed = true;
  }

  private void awaitGoOn() {
    try {
      goOn.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
