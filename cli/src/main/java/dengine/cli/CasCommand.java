package dengine.cli;

import dengine.api.Bytes;
import dengine.api.Swap;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "cas",
    description = {
      "Store a value if the present one is as expected (compare and swap).",
      "Exit code 1: it was not, nothing was changed."
    })
final class CasCommand implements Callable<Integer> {

  private final Surroundings surroundings;
  @Mixin Target target = new Target();
  @Mixin Presentation presentation = new Presentation();
  @Mixin Lifetime lifetime = new Lifetime();

  @Parameters(index = "0", paramLabel = "KEY", description = "The key.")
  String key = "";

  @Parameters(
      index = "1",
      paramLabel = "VALUE",
      description = "The new value; - reads it, as it is, from standard input.")
  String value = "";

  @ArgGroup(multiplicity = "1")
  Expectation expectation = new Expectation();

  /// What must be stored now; picocli makes sure that one of the two is given.
  static final class Expectation {
    @Option(
        names = "--expect",
        paramLabel = "VALUE",
        required = true,
        description = "The value that must be stored now.")
    @Nullable String value;

    @Option(names = "--absent", required = true, description = "The key must not exist.")
    boolean absent;
  }

  CasCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  @Override
  public Integer call() {
    Bytes where = presentation.encoding.decode(key);
    Bytes what = ValueArgument.read(value, presentation.encoding, surroundings);
    Optional<Bytes> expected =
        Optional.ofNullable(expectation.value).map(presentation.encoding::decode);
    Optional<Duration> ttl = lifetime.duration();
    Swap swap =
        target.with(
            surroundings,
            client ->
                ttl.isEmpty()
                    ? client.compareAndSwap(where, expected, what)
                    : client.compareAndSwap(where, expected, what, ttl.get()));
    print(where, swap);
    return swap.succeeded() ? ExitCode.OK : ExitCode.NEGATIVE;
  }

  private void print(Bytes where, Swap swap) {
    switch (presentation.outputOr(OutputFormat.TABLE)) {
      case TABLE ->
          surroundings
              .out()
              .print(
                  new Table("KEY", "SWAPPED", "REVISION")
                      .row(presentation.encoding.cell(where), swap.succeeded(), swap.revision()));
      case JSON -> {
        Map<String, @Nullable Object> object = Json.object();
        presentation.member(object, "key", where);
        object.put("swapped", swap.succeeded());
        object.put("revision", swap.revision());
        surroundings.out().println(Json.of(object));
      }
      case VALUE -> surroundings.out().println(swap.succeeded());
    }
  }
}
