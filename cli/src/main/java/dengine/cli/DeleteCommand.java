package dengine.cli;

import dengine.api.Bytes;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(name = "delete", description = "Remove a key; one that does not exist is no error.")
final class DeleteCommand implements Callable<Integer> {

  private final Surroundings surroundings;
  @Mixin Target target = new Target();
  @Mixin Presentation presentation = new Presentation();

  @Parameters(index = "0", paramLabel = "KEY", description = "The key.")
  String key = "";

  DeleteCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  @Override
  public Integer call() {
    Bytes where = presentation.encoding.decode(key);
    long revision = target.with(surroundings, client -> client.delete(where));
    presentation.printWrite(surroundings, where, revision);
    return ExitCode.OK;
  }
}
