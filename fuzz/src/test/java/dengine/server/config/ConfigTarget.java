package dengine.server.config;

import dengine.fuzz.Meter;
import dengine.fuzz.Target;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// A configuration file. The parser builds a tree of many small objects: it costs much more than
/// eight times its size, so the constant is what the largest permitted file may cost.
public final class ConfigTarget implements Target {

  private static final int CONSTANT_BYTES = 128 << 20;

  private final Path file = temporary();

  private static Path temporary() {
    try {
      Path path = Files.createTempFile("fuzz", ".toml");
      path.toFile().deleteOnExit();
      return path;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public String name() {
    return "config";
  }

  @Override
  public List<byte[]> seeds() {
    StringBuilder all = new StringBuilder();
    for (EffectiveSetting setting : ServerConfig.builder().build().effective()) {
      if (!setting.toml().isEmpty()) {
        all.append(setting.key()).append(" = ").append(setting.toml()).append('\n');
      }
    }
    return List.of(
        all.toString().getBytes(StandardCharsets.UTF_8),
        "[cluster]\nnode_id = 1\nlisten_address = \"127.0.0.1:9081\"\n"
            .getBytes(StandardCharsets.UTF_8),
        """
        [cluster]
        initial_cluster = [
          { id = 1, address = "a:1", role = "voter" }, { id = 2, address = "b:2", role = 4 }
        ]
        """
            .getBytes(StandardCharsets.UTF_8));
  }

  @Override
  public List<byte[]> large() {
    return List.of(
        ("a = " + "[".repeat(32_000)).getBytes(StandardCharsets.UTF_8),
        ("a = " + "{a=".repeat(10_000)).getBytes(StandardCharsets.UTF_8),
        ("[" + "a.".repeat(10_000) + "a]").getBytes(StandardCharsets.UTF_8),
        "a = 1\n".repeat(5_000).getBytes(StandardCharsets.UTF_8),
        "\"".repeat(32_000).getBytes(StandardCharsets.UTF_8));
  }

  @Override
  public void decode(byte[] input, Meter meter) {
    try {
      Files.write(file, input);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    meter.measure(
        input.length,
        CONSTANT_BYTES,
        () -> {
          try {
            ServerConfig.builder().file(file).build();
          } catch (ConfigException e) {
            // Declared.
          }
        });
  }
}
