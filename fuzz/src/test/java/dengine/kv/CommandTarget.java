package dengine.kv;

import dengine.api.Bytes;
import dengine.fuzz.Meter;
import dengine.fuzz.Target;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/// A command in the log. What decodes is encoded again: a command has exactly one form.
public final class CommandTarget implements Target {

  private static final int CONSTANT_BYTES = 8192;

  @Override
  public String name() {
    return "command";
  }

  @Override
  public List<byte[]> seeds() {
    Bytes key = Bytes.of("key");
    Bytes value = Bytes.of("a value");
    return List.of(
        new Command.Put(key, value).encode(),
        new Command.Delete(key).encode(),
        new Command.CompareAndSwap(key, Optional.empty(), value).encode(),
        new Command.CompareAndSwap(key, Optional.of(value), Bytes.EMPTY).encode());
  }

  @Override
  public void decode(byte[] input, Meter meter) {
    meter.measure(
        input.length,
        CONSTANT_BYTES,
        () -> {
          try {
            Command command = Command.decode(input);
            if (!Arrays.equals(command.encode(), input)) {
              throw new IllegalStateException("another form of " + command);
            }
          } catch (MalformedCommandException e) {
            // Declared.
          }
        });
  }
}
