package dengine.cli;

import dengine.api.Bytes;
import dengine.api.KeyValue;
import dengine.api.ReadPolicy;
import dengine.api.Values;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "get",
    description = {
      "Read one or more keys, all at one revision.",
      "Exit code 1: at least one of them does not exist."
    })
final class GetCommand implements Callable<Integer> {

  private final Surroundings surroundings;
  @Mixin Target target = new Target();
  @Mixin Presentation presentation = new Presentation();

  @Option(
      names = {"-p", "--policy"},
      paramLabel = "POLICY",
      defaultValue = "linearizable",
      description = "How fresh: linearizable, lease or eventual. Default: linearizable.")
  ReadPolicy policy = ReadPolicy.LINEARIZABLE;

  @Parameters(arity = "1..*", paramLabel = "KEY", description = "The keys.")
  List<String> keys = new ArrayList<>();

  GetCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  @Override
  public Integer call() {
    List<Bytes> wanted = keys.stream().map(presentation.encoding::decode).toList();
    Values values = target.with(surroundings, client -> client.getMany(wanted, policy));
    List<KeyValue> found = values.values().stream().flatMap(Optional::stream).toList();
    switch (presentation.outputOr(OutputFormat.VALUE)) {
      case TABLE -> surroundings.out().print(presentation.table(found, surroundings));
      case JSON -> surroundings.out().println(Json.of(json(values.revision(), found)));
      case VALUE -> found.forEach(kv -> presentation.printValue(surroundings, kv.value()));
    }
    return reportMissing(wanted, values) ? ExitCode.NEGATIVE : ExitCode.OK;
  }

  private Map<String, @Nullable Object> json(long revision, List<KeyValue> found) {
    return Json.object(
        "revision", revision, "entries", found.stream().map(presentation::json).toList());
  }

  private boolean reportMissing(List<Bytes> wanted, Values values) {
    boolean missing = false;
    for (int i = 0; i < wanted.size(); i++) {
      if (values.values().get(i).isEmpty()) {
        missing = true;
        surroundings
            .err()
            .println("dengine: key " + presentation.encoding.cell(wanted.get(i)) + " not found");
      }
    }
    return missing;
  }
}
