package dengine.cli;

import dengine.api.Bytes;
import dengine.api.KeyValue;
import dengine.api.Page;
import dengine.api.ReadPolicy;
import dengine.api.Scan;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "scan",
    description = "Read the keys that begin with a prefix, in their order, all at one revision.")
final class ScanCommand implements Callable<Integer> {

  private static final String MORE = "more follow; continue with --from ";

  private final Surroundings surroundings;
  @Mixin Target target = new Target();
  @Mixin Presentation presentation = new Presentation();

  @Option(
      names = {"-p", "--policy"},
      paramLabel = "POLICY",
      defaultValue = "linearizable",
      description = "How fresh: linearizable, lease or eventual. Default: linearizable.")
  ReadPolicy policy = ReadPolicy.LINEARIZABLE;

  @Option(
      names = {"-l", "--limit"},
      paramLabel = "N",
      defaultValue = "1000",
      description = "Most keys to print, 1 to 10000. Default: 1000.")
  int limit = 1000;

  @Option(names = "--from", paramLabel = "KEY", description = "Begin with this key.")
  @Nullable String from;

  @Option(names = "--keys", description = "Print keys without their values.")
  boolean keysOnly;

  @Parameters(
      arity = "0..1",
      paramLabel = "PREFIX",
      defaultValue = "",
      description = "The prefix; without one all keys are read.")
  String prefix = "";

  ScanCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  @Override
  public Integer call() {
    Optional<Bytes> start = Optional.ofNullable(from).map(presentation.encoding::decode);
    Scan scan = new Scan(presentation.encoding.decode(prefix), start, limit, policy);
    Page page = target.with(surroundings, client -> client.scan(scan));
    switch (presentation.outputOr(OutputFormat.TABLE)) {
      case TABLE -> surroundings.out().print(table(page));
      case JSON -> surroundings.out().println(Json.of(json(page)));
      case VALUE -> page.entries().forEach(kv -> presentation.printValue(surroundings, bare(kv)));
    }
    page.next()
        .map(presentation.encoding::cell)
        .ifPresent(next -> surroundings.err().println("dengine: " + MORE + next));
    return ExitCode.OK;
  }

  private Table table(Page page) {
    return keysOnly
        ? presentation.tableOfKeys(page.entries(), surroundings)
        : presentation.table(page.entries(), surroundings);
  }

  private Bytes bare(KeyValue entry) {
    return keysOnly ? entry.key() : entry.value();
  }

  private Map<String, @Nullable Object> json(Page page) {
    Map<String, @Nullable Object> object =
        Json.object(
            "revision",
            page.revision(),
            "entries",
            page.entries().stream()
                .map(keysOnly ? presentation::jsonOfKey : presentation::json)
                .toList());
    page.next().ifPresent(next -> presentation.member(object, "next", next));
    return object;
  }
}
