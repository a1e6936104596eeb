package dengine.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(name = "transfer", description = "Hand leadership to another voter.")
final class TransferCommand implements Callable<Integer> {

  private final Surroundings surroundings;
  @Mixin Target target = new Target();

  @Parameters(
      arity = "0..1",
      paramLabel = "NODE",
      defaultValue = "0",
      description = "The voter's number. Default: the one with the most of the log.")
  int to;

  TransferCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  @Override
  public Integer call() {
    return target.withAdmin(
        surroundings,
        admin -> {
          admin.transferLeadership(to);
          return ExitCode.OK;
        });
  }
}
