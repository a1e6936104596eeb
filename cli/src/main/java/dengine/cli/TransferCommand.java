package dengine.cli;

import dengine.api.Admin;
import dengine.api.ClusterMember;
import dengine.api.DEngineException;
import dengine.api.InvalidRequestException;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "transfer",
    description = {
      "Hand leadership to another voter.",
      "Prints who leads afterwards; exit code 1 if nobody does yet."
    })
final class TransferCommand implements Callable<Integer> {

  private static final Duration PAUSE = Duration.ofMillis(50);

  /// A node that lives answers in milliseconds; one that does not must not use up all the time.
  private static final Duration LONGEST_LOOK = Duration.ofSeconds(1);

  private final Surroundings surroundings;
  @Mixin Target target = new Target();

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FORMAT",
      description = "table, json or value (the leader's number). Default: table.")
  OutputFormat output = OutputFormat.TABLE;

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
    long end = System.nanoTime() + target.timeout().toNanos();
    Target.Found found = target.find(surroundings);
    return target.withAdmin(
        surroundings,
        admin -> {
          boolean led = !handOver(admin);
          Optional<NodeReport.Answered> leader = leader(admin, found, end);
          if (led) {
            surroundings.err().println("dengine: node " + to + " leads already");
          }
          if (leader.isEmpty()) {
            nobodyYet(led);
            return ExitCode.NEGATIVE;
          }
          print(leader.get());
          return ExitCode.OK;
        });
  }

  /// @return false if the node that is to lead does so already
  private boolean handOver(Admin admin) {
    try {
      admin.transferLeadership(to);
      return true;
    } catch (InvalidRequestException refusal) {
      // Asked for afterwards: before, it could be out of date when it counts.
      if (to != 0 && admin.listMembers().leader() == to) {
        return false;
      }
      throw refusal;
    }
  }

  /// Whoever says that it leads, as soon as somebody does.
  private Optional<NodeReport.Answered> leader(Admin admin, Target.Found found, long end) {
    Optional<NodeReport.Answered> leader = Optional.empty();
    while (leader.isEmpty() && System.nanoTime() - end < 0) {
      List<NodeReport> reports =
          surroundings
              .connector()
              .status(addresses(admin.withDeadline(left(end)), found), left(end));
      leader = ClusterView.of(reports, Map.of()).leader();
      if (leader.isEmpty() && !pause()) {
        break;
      }
    }
    return leader;
  }

  private static List<String> addresses(Admin admin, Target.Found found) {
    Set<String> addresses = new LinkedHashSet<>();
    try {
      for (ClusterMember member : admin.members()) {
        if (!member.address().isEmpty()) {
          addresses.add(member.address());
        }
      }
    } catch (DEngineException e) {
      // Then those that were given have to do.
      addresses.clear();
    }
    addresses.addAll(found.endpoints());
    return List.copyOf(addresses);
  }

  private static Duration left(long end) {
    long nanos = Math.max(TimeUnit.MILLISECONDS.toNanos(1), end - System.nanoTime());
    return Duration.ofNanos(Math.min(nanos, LONGEST_LOOK.toNanos()));
  }

  private static boolean pause() {
    try {
      Thread.sleep(PAUSE);
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private void print(NodeReport.Answered leader) {
    switch (output) {
      case TABLE ->
          surroundings
              .out()
              .print(
                  new Table("LEADER", "ADDRESS", "TERM")
                      .row(leader.id(), leader.address(), leader.term()));
      case JSON -> {
        Map<String, @Nullable Object> object =
            Json.object("leader", leader.id(), "address", leader.address(), "term", leader.term());
        surroundings.out().println(Json.of(object));
      }
      case VALUE -> surroundings.out().println(leader.id());
    }
  }

  /// A script that takes what is printed for the leader must not take nothing for one.
  private void nobodyYet(boolean led) {
    if (output == OutputFormat.JSON) {
      surroundings.out().println(Json.of(Json.object("leader", null)));
    }
    surroundings
        .err()
        .println(
            "dengine: "
                + (led ? "" : "leadership was handed over, and ")
                + "nobody has said yet that it leads: see 'dengine status'");
  }
}
