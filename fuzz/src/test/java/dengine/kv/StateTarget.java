package dengine.kv;

import dengine.fuzz.Meter;
import dengine.fuzz.Target;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/// The state of a key-value store in a snapshot. What is read is written again: a state has exactly
/// one form.
public final class StateTarget implements Target {

  private static final long REVISION = 1000;
  private static final long TIME = 5000;

  /// The buffers of both directions.
  private static final int CONSTANT_BYTES = 200 << 10;

  @Override
  public String name() {
    return "state";
  }

  @Override
  public List<byte[]> seeds() {
    try {
      ByteArrayOutputStream none = new ByteArrayOutputStream();
      new StateOutput(none, REVISION, TIME).finish();
      ByteArrayOutputStream some = new ByteArrayOutputStream();
      StateOutput state = new StateOutput(some, REVISION, TIME);
      byte[] content = "a key and its value".getBytes(StandardCharsets.UTF_8);
      state.add(content, 0, 1, 0, 1, 1, 1, 0);
      state.add(content, 0, 5, 7, 3, 900, 12, 77_000);
      state.finish();
      return List.of(none.toByteArray(), some.toByteArray());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void decode(byte[] input, Meter meter) {
    meter.measure(
        input.length,
        CONSTANT_BYTES,
        () -> {
          try {
            ByteArrayOutputStream again = new ByteArrayOutputStream(input.length);
            StateOutput out = new StateOutput(again, REVISION, TIME);
            StateInput in = new StateInput(new ByteArrayInputStream(input), REVISION, TIME);
            while (in.next()) {
              out.add(
                  in.content(),
                  0,
                  in.keyLength(),
                  in.valueLength(),
                  in.create(),
                  in.mod(),
                  in.version(),
                  in.deadline());
            }
            out.finish();
            if (!Arrays.equals(again.toByteArray(), input)) {
              throw new IllegalStateException("another form of the same state");
            }
          } catch (IOException e) {
            // Declared.
          }
        });
  }
}
