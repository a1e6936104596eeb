package dengine.cli;

import picocli.AutoComplete.GenerateCompletion;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;

@Command(
    name = "dengine",
    description = "A coordination store that survives its machines.",
    mixinStandardHelpOptions = true,
    scope = ScopeType.INHERIT,
    versionProvider = Version.class,
    synopsisSubcommandLabel = "COMMAND",
    commandListHeading = "%nCommands:%n",
    optionListHeading = "%nOptions:%n",
    parameterListHeading = "%n",
    subcommands = {
      ServerCommand.class,
      DevCommand.class,
      PutCommand.class,
      GetCommand.class,
      DeleteCommand.class,
      CasCommand.class,
      ScanCommand.class,
      WatchCommand.class,
      StatusCommand.class,
      LifecycleCommand.class,
      TopCommand.class,
      MemberCommand.class,
      TransferCommand.class,
      SnapshotCommand.class,
      LogCommand.class,
      RecoverCommand.class,
      BenchCommand.class,
      DoctorCommand.class,
      ConfigCommand.class,
      VersionCommand.class,
      GenerateCompletion.class,
      TrainCommand.class,
    })
final class Root {

  @Option(
      names = {"-v", "--verbose"},
      scope = ScopeType.INHERIT,
      description = "Say more; with errors, where in the program they arose.")
  boolean verbose;
}
