package dengine.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
    name = "status",
    description = {
      "Show leader, term and indexes of every node.",
      "Exit code 5: no node leads, or none answered."
    })
final class StatusCommand implements Callable<Integer> {

  private final Surroundings surroundings;
  @Mixin Target target = new Target();
  @Mixin Presentation presentation = new Presentation();

  StatusCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  @Override
  public Integer call() {
    Target.Found found = target.find(surroundings);
    ClusterView view;
    try (ClusterLook look = new ClusterLook(surroundings.connector(), found, target.timeout())) {
      view = look.take();
    }
    switch (presentation.outputOr(OutputFormat.TABLE)) {
      case TABLE -> surroundings.out().print(view.table());
      case JSON -> surroundings.out().println(Json.of(view.json()));
      case VALUE -> surroundings.out().println(view.leader().map(l -> l.address()).orElse(""));
    }
    view.requireLeader(found);
    return ExitCode.OK;
  }
}
