package dengine.cli;

import dengine.api.Admin;
import dengine.api.ClusterMember;
import dengine.api.ClusterUnavailableException;
import dengine.api.Leader;
import dengine.api.Lifecycle;
import dengine.api.NodeState;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "lifecycle",
    description = {
      "Print who leads, and what becomes of nodes, until interrupted: the present state first, then"
          + " a line for every change.",
      "Without NODE it follows the cluster: one node as long as that answers and knows a leader,"
          + " then another."
    })
final class LifecycleCommand implements Callable<Integer> {

  /// Lines that wait for whoever reads them; beyond it those wait who tell.
  private static final int MAX_WAITING = 1024;

  private final Surroundings surroundings;
  private final BlockingQueue<Told> states = new ArrayBlockingQueue<>(MAX_WAITING);
  @Mixin Target target = new Target();

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FORMAT",
      description = "table, json or value (the leader's number, 0 for none). Default: table.")
  OutputFormat output = OutputFormat.TABLE;

  @Option(names = "--all", description = "Follow every node that is a member now.")
  boolean all;

  @Option(
      names = "--ready",
      description = "End when a node serves; an error if none does within --timeout.")
  boolean ready;

  @Option(
      names = {"-n", "--count"},
      paramLabel = "N",
      defaultValue = "0",
      description = "End after so many lines.")
  long count;

  @Parameters(
      arity = "0..*",
      paramLabel = "NODE",
      description = "Numbers of the nodes to follow. Default: the cluster, see above.")
  List<Integer> nodes = new ArrayList<>();

  /// What a node said.
  ///
  /// @param id its number as far as it is known, which it is of one that was asked for and has not
  ///     been reached; otherwise 0
  private record Told(int id, NodeState state) {
    Told {
      id = state.nodeId() == 0 ? id : state.nodeId();
    }
  }

  LifecycleCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  @Override
  public Integer call() {
    Ending ending = Ending.with(surroundings.out()::flush);
    try {
      return target.withOperator(surroundings, this::follow);
    } finally {
      ending.over();
    }
  }

  private int follow(AdminConnection connection) {
    List<Admin.Watching> watching = new ArrayList<>();
    try {
      lifecycles(connection)
          .forEach(
              (id, lifecycle) -> watching.add(lifecycle.watch(now -> told(new Told(id, now)))));
      return print();
    } finally {
      watching.forEach(Admin.Watching::close);
    }
  }

  /// By the number of the node, 0 for whichever answers.
  private Map<Integer, Lifecycle> lifecycles(AdminConnection connection) {
    if (nodes.isEmpty() && !all) {
      return Map.of(0, connection.lifecycle());
    }
    List<ClusterMember> members = connection.admin().members();
    Set<Integer> wanted = new LinkedHashSet<>(nodes);
    if (all) {
      members.forEach(member -> wanted.add(member.id()));
    }
    Map<Integer, Lifecycle> lifecycles = new LinkedHashMap<>();
    wanted.forEach(id -> lifecycles.put(id, connection.lifecycleAt(address(members, id))));
    return lifecycles;
  }

  private static String address(List<ClusterMember> members, int id) {
    return members.stream()
        .filter(member -> member.id() == id)
        .map(ClusterMember::address)
        .filter(address -> !address.isEmpty())
        .findFirst()
        .orElseThrow(
            () ->
                new CommandException(
                    ExitCode.USAGE,
                    "node "
                        + id
                        + " is no member of which an address is known; see 'dengine member list'"));
  }

  private void told(Told now) {
    try {
      states.put(now);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // nobody prints any more
    }
  }

  private int print() {
    long end = System.nanoTime() + target.timeout().toNanos();
    long printed = 0;
    while (true) {
      Told now = next(end);
      printed++;
      print(now);
      boolean isReady = ready && now.state().isServing();
      // Flushes; nobody may read any more, as in a pipe to head.
      if (surroundings.out().checkError() || isReady || (count > 0 && printed >= count)) {
        return ExitCode.OK;
      }
    }
  }

  private Told next(long end) {
    try {
      if (!ready) {
        return states.take();
      }
      Told next = states.poll(end - System.nanoTime(), TimeUnit.NANOSECONDS);
      if (next != null) {
        return next;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ClusterUnavailableException("interrupted", e);
    }
    throw new ClusterUnavailableException(
        (nodes.isEmpty() ? "no node" : "none of the nodes " + nodes)
            + " served within "
            + target.timeout().toMillis()
            + " ms");
  }

  private void print(Told told) {
    NodeState now = told.state();
    Instant time = Instant.now().truncatedTo(ChronoUnit.MILLIS);
    switch (output) {
      case TABLE -> surroundings.out().println(time + "  " + line(told.id(), now));
      case JSON -> surroundings.out().println(json(time, told.id(), now));
      case VALUE -> surroundings.out().println(now.leader().map(Leader::id).orElse(0));
    }
  }

  private static String line(int id, NodeState now) {
    StringBuilder line = new StringBuilder();
    line.append(
        "%-12snode %s  %-11sterm %s  "
            .formatted(
                lower(now.phase()),
                id == 0 ? "?" : id,
                now.role().map(LifecycleCommand::lower).orElse("-"),
                isUnknown(now) ? "?" : now.term()));
    line.append(
        now.leader()
            .map(
                leader ->
                    "leader "
                        + leader.id()
                        + (leader.address().isEmpty() ? "" : " at " + leader.address()))
            .orElse("no leader"));
    now.firstCommit().ifPresent(first -> line.append("  first commit ").append(first));
    now.cause().ifPresent(why -> line.append("  (").append(why).append(')'));
    return line.toString();
  }

  private static String json(Instant time, int id, NodeState now) {
    return Json.of(
        Json.object(
            "time",
            time.toString(),
            "node",
            id == 0 ? null : id,
            "number",
            isUnknown(now) ? null : now.number(),
            "phase",
            lower(now.phase()),
            "role",
            now.role().map(LifecycleCommand::lower).orElse(null),
            "term",
            isUnknown(now) ? null : now.term(),
            "leader",
            now.leader().map(Leader::id).orElse(null),
            "leader_address",
            now.leader().map(Leader::address).orElse(null),
            "first_commit",
            orNull(now.firstCommit()),
            "cause",
            now.cause().orElse(null)));
  }

  /// No node has been reached yet: what stands in place of numbers is none.
  private static boolean isUnknown(NodeState now) {
    return now.nodeId() == 0;
  }

  private static @Nullable Long orNull(OptionalLong value) {
    return value.isPresent() ? value.getAsLong() : null;
  }

  private static String lower(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }
}
