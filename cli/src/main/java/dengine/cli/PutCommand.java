package dengine.cli;

import dengine.api.Bytes;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(name = "put", description = "Store a value under a key.")
final class PutCommand implements Callable<Integer> {

  private final Surroundings surroundings;
  @Mixin Target target = new Target();
  @Mixin Presentation presentation = new Presentation();
  @Mixin Lifetime lifetime = new Lifetime();

  @Parameters(index = "0", paramLabel = "KEY", description = "The key.")
  String key = "";

  @Parameters(
      index = "1",
      paramLabel = "VALUE",
      description = "The value; - reads it, as it is, from standard input.")
  String value = "";

  PutCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  @Override
  public Integer call() {
    Bytes where = presentation.encoding.decode(key);
    Bytes what = ValueArgument.read(value, presentation.encoding, surroundings);
    Optional<Duration> ttl = lifetime.duration();
    long revision =
        target.with(
            surroundings,
            client -> ttl.isEmpty() ? client.put(where, what) : client.put(where, what, ttl.get()));
    presentation.printWrite(surroundings, where, revision);
    return ExitCode.OK;
  }
}
