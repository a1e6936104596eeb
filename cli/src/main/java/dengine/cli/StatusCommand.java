package dengine.cli;

import dengine.api.Client;
import dengine.api.DEngineException;
import dengine.api.Member;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
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

  // A node that lives answers in milliseconds; waiting longer would only keep people waiting.
  private static final Duration LONGEST_WAIT = Duration.ofSeconds(2);

  private final Surroundings surroundings;
  @Mixin Target target = new Target();
  @Mixin Presentation presentation = new Presentation();

  StatusCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  @Override
  public Integer call() {
    Target.Found found = target.find(surroundings);
    Duration wait = target.timeout().compareTo(LONGEST_WAIT) < 0 ? target.timeout() : LONGEST_WAIT;
    Map<String, Integer> ids = new HashMap<>();
    List<String> addresses = addresses(found, wait, ids);
    List<NodeReport> reports = surroundings.connector().status(addresses, wait);
    ClusterView view = ClusterView.of(reports, ids);
    switch (presentation.outputOr(OutputFormat.TABLE)) {
      case TABLE -> surroundings.out().print(view.table());
      case JSON -> surroundings.out().println(Json.of(view.json()));
      case VALUE -> surroundings.out().println(view.leader().map(l -> l.address()).orElse(""));
    }
    if (view.leader().isEmpty()) {
      throw new CommandException(
          ExitCode.UNAVAILABLE, "no leader among the nodes at " + found + ": " + view.answering());
    }
    return ExitCode.OK;
  }

  // The endpoints given and every member that one of them knows.
  private List<String> addresses(Target.Found found, Duration wait, Map<String, Integer> ids) {
    Set<String> addresses = new LinkedHashSet<>();
    try (Client client = surroundings.connector().connect(found.endpoints(), wait)) {
      for (Member member : client.members()) {
        if (!member.address().isEmpty()) {
          addresses.add(member.address());
          ids.put(member.address(), member.id());
        }
      }
    } catch (DEngineException e) {
      // Nobody to ask: the reports say about each endpoint why.
      addresses.clear();
    }
    addresses.addAll(found.endpoints());
    return List.copyOf(addresses);
  }
}
