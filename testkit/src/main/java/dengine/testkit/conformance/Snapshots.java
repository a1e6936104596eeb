package dengine.testkit.conformance;

import dengine.engine.spi.StateMachine;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;

/// Takes snapshots as the engine does.
final class Snapshots {

  private Snapshots() {}

  static StateMachine.View view(StateMachine machine) {
    return machine
        .view()
        .orElseThrow(
            () -> new AssertionError("there is no view, though the subject says it takes some"));
  }

  static byte[] take(StateMachine machine) throws IOException {
    return write(view(machine));
  }

  static byte[] write(StateMachine.View view) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (view) {
      view.writeTo(out);
    }
    return out.toByteArray();
  }

  /// Keeps what is written; something happens before each write.
  static final class Interrupted extends OutputStream {

    /// What comes in between.
    interface Between {
      void happen() throws IOException;
    }

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final Between between;

    Interrupted(Between between) {
      this.between = between;
    }

    byte[] bytes() {
      return out.toByteArray();
    }

    @Override
    public void write(int value) throws IOException {
      between.happen();
      out.write(value);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      between.happen();
      out.write(bytes, offset, length);
    }
  }
}
