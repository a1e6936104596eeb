package dengine.cli;

import dengine.api.Admin;
import dengine.api.ClusterMember;
import dengine.api.ClusterMembership;
import dengine.api.NewMember;
import dengine.api.Replacement;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "member",
    description = "Show and change who makes up the cluster.",
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      MemberCommand.ListMembers.class,
      MemberCommand.Add.class,
      MemberCommand.Promote.class,
      MemberCommand.Demote.class,
      MemberCommand.Remove.class,
      MemberCommand.Replace.class,
      MemberCommand.Readdress.class,
    })
final class MemberCommand {

  /// What all of them have: a cluster, and a way to print.
  abstract static class OfMembers implements Callable<Integer> {
    final Surroundings surroundings;
    @Mixin Target target = new Target();

    @Option(
        names = {"-o", "--output"},
        paramLabel = "FORMAT",
        description = "table, json or value. Default: table.")
    OutputFormat output = OutputFormat.TABLE;

    OfMembers(Surroundings surroundings) {
      this.surroundings = surroundings;
    }

    /// Changes the members and prints the index of the configuration.
    int change(ToLongFunction<Admin> change) {
      long index = target.withAdmin(surroundings, change::applyAsLong);
      switch (output) {
        case TABLE -> surroundings.out().print(new Table("INDEX").row(index));
        case JSON -> surroundings.out().println(Json.of(Json.object("index", index)));
        case VALUE -> surroundings.out().println(index);
      }
      return ExitCode.OK;
    }
  }

  @Command(
      name = "list",
      description = "Show the members: address, standing, lag, and who is silent.")
  static final class ListMembers extends OfMembers {
    ListMembers(Surroundings surroundings) {
      super(surroundings);
    }

    @Override
    public Integer call() {
      ClusterMembership members = target.withAdmin(surroundings, Admin::listMembers);
      switch (output) {
        case TABLE -> surroundings.out().print(table(members));
        case JSON -> surroundings.out().println(Json.of(json(members)));
        case VALUE -> members.members().forEach(member -> surroundings.out().println(member.id()));
      }
      return ExitCode.OK;
    }
  }

  @Command(
      name = "add",
      description = {
        "Take a node in as a learner; it gets a vote when it has caught up.",
        "Not needed for a node that joins by itself (cluster.join)."
      })
  static final class Add extends OfMembers {
    @Parameters(index = "0", paramLabel = "ID", description = "The node's number.")
    int id;

    @Parameters(
        index = "1",
        paramLabel = "HOST:PORT",
        description = "Where the other members reach it.")
    String address = "";

    @Option(names = "--read-only", description = "It stays a learner.")
    boolean readOnly;

    Add(Surroundings surroundings) {
      super(surroundings);
    }

    @Override
    public Integer call() {
      NewMember member = new NewMember(id, Target.address(address), readOnly, 0, 0);
      return change(admin -> admin.add(member));
    }
  }

  @Command(name = "promote", description = "Give learners a vote, all in one step.")
  static final class Promote extends OfMembers {
    @Parameters(arity = "1..*", paramLabel = "ID", description = "The learners' numbers.")
    List<Integer> ids = List.of();

    Promote(Surroundings surroundings) {
      super(surroundings);
    }

    @Override
    public Integer call() {
      return change(admin -> admin.promote(ids));
    }
  }

  @Command(name = "demote", description = "Make a voter a learner, until it is promoted by hand.")
  static final class Demote extends OfMembers {
    @Parameters(paramLabel = "ID", description = "The voter's number.")
    int id;

    Demote(Surroundings surroundings) {
      super(surroundings);
    }

    @Override
    public Integer call() {
      return change(admin -> admin.demote(id));
    }
  }

  @Command(name = "remove", description = "Take members out, all in one step.")
  static final class Remove extends OfMembers {
    @Parameters(arity = "1..*", paramLabel = "ID", description = "The members' numbers.")
    List<Integer> ids = List.of();

    Remove(Surroundings surroundings) {
      super(surroundings);
    }

    @Override
    public Integer call() {
      return change(admin -> admin.remove(ids));
    }
  }

  @Command(
      name = "replace",
      description = {
        "Put a new node in the place of a member, which may be dead.",
        "Exit code 1: it goes on, but was not over within --timeout."
      })
  static final class Replace extends OfMembers {
    @Parameters(index = "0", paramLabel = "OLD", description = "The number of the one that leaves.")
    int oldId;

    @Parameters(index = "1", paramLabel = "NEW", description = "The number of the new node.")
    int newId;

    @Parameters(
        index = "2",
        paramLabel = "HOST:PORT",
        description = "Where the other members reach the new node.")
    String address = "";

    Replace(Surroundings surroundings) {
      super(surroundings);
    }

    @Override
    public Integer call() {
      String where = Target.address(address);
      Replacement replaced =
          target.withAdmin(surroundings, admin -> admin.replace(oldId, newId, where));
      ClusterMembership members = replaced.membership();
      switch (output) {
        case TABLE -> surroundings.out().print(table(members));
        case JSON -> {
          Map<String, @Nullable Object> object = json(members);
          object.put("complete", replaced.complete());
          surroundings.out().println(Json.of(object));
        }
        case VALUE -> surroundings.out().println(replaced.complete());
      }
      if (!replaced.complete()) {
        surroundings
            .err()
            .println(
                "dengine: node "
                    + newId
                    + " is catching up; node "
                    + oldId
                    + " keeps its vote until then. It goes on by itself: see 'dengine"
                    + " member list'");
      }
      return replaced.complete() ? ExitCode.OK : ExitCode.NEGATIVE;
    }
  }

  @Command(name = "readdress", description = "Say where a member is from now on.")
  static final class Readdress extends OfMembers {
    @Parameters(index = "0", paramLabel = "ID", description = "The member's number.")
    int id;

    @Parameters(index = "1", paramLabel = "HOST:PORT", description = "Where it is reached.")
    String address = "";

    Readdress(Surroundings surroundings) {
      super(surroundings);
    }

    @Override
    public Integer call() {
      String where = Target.address(address);
      return change(admin -> admin.readdress(id, where));
    }
  }

  private static Table table(ClusterMembership members) {
    Table table = new Table("NODE", "ADDRESS", "STANDING", "LAG", "CONTACT", "REPLACES");
    for (ClusterMember member : members.members()) {
      table.row(
          member.id(),
          member.address().isEmpty() ? "?" : member.address(),
          standing(member, members.leader()),
          member.lag().isPresent() ? member.lag().getAsLong() : "?",
          contact(member),
          member.replaces() == 0 ? "-" : member.replaces());
    }
    return table;
  }

  private static String contact(ClusterMember member) {
    if (member.silentMillis().isEmpty()) {
      return "?"; // only a leader knows
    }
    long millis = member.silentMillis().getAsLong();
    return millis == 0 ? "-" : "silent for " + span(millis);
  }

  private static String span(long millis) {
    Duration time = Duration.ofMillis(millis);
    if (time.compareTo(Duration.ofSeconds(1)) < 0) {
      return millis + " ms";
    }
    if (time.compareTo(Duration.ofMinutes(2)) < 0) {
      return time.toSeconds() + " s";
    }
    return time.compareTo(Duration.ofHours(2)) < 0
        ? time.toMinutes() + " min"
        : time.toHours() + " h";
  }

  private static String standing(ClusterMember member, int leader) {
    if (member.id() == leader) {
      return "leader";
    }
    String standing = member.standing().name().toLowerCase(Locale.ROOT);
    return member.readOnly() ? standing + " (read-only)" : standing;
  }

  private static Map<String, @Nullable Object> json(ClusterMembership members) {
    return Json.object(
        "index",
        members.index(),
        "committed",
        members.committed(),
        "joint",
        members.isJoint(),
        "leader",
        members.leader() == 0 ? null : members.leader(),
        "members",
        members.members().stream().map(MemberCommand::json).toList());
  }

  private static Map<String, @Nullable Object> json(ClusterMember member) {
    Map<String, @Nullable Object> object =
        Json.object(
            "id",
            member.id(),
            "address",
            member.address(),
            "standing",
            member.standing().name().toLowerCase(Locale.ROOT),
            "read_only",
            member.readOnly(),
            "incarnation",
            member.incarnation() == 0 ? null : Long.toHexString(member.incarnation()));
    if (member.replaces() != 0) {
      object.put("replaces", member.replaces());
    }
    member.lag().ifPresent(lag -> object.put("lag", lag));
    member.silentMillis().ifPresent(millis -> object.put("silent_ms", millis));
    return object;
  }
}
