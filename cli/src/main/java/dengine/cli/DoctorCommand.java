package dengine.cli;

import dengine.cli.doctor.Doctor;
import dengine.cli.doctor.Finding;
import dengine.server.config.HostPort;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
    name = "doctor",
    description = {
      "Check whether a node can run well here: Java, disk, clock, port, limits, memory.",
      "Takes a few seconds. Exit code 1: a node cannot run so."
    })
final class DoctorCommand implements Callable<Integer> {

  private final Surroundings surroundings;

  @Option(
      names = {"-d", "--dir"},
      paramLabel = "FOLDER",
      defaultValue = "data",
      description = "The node's data folder; the disk is measured there. Default: ./data.")
  Path folder = Path.of("data");

  @Option(
      names = "--listen",
      paramLabel = "HOST:PORT",
      defaultValue = "127.0.0.1:9081",
      description = "Where the node will listen. Default: 127.0.0.1:9081.")
  String listen = "127.0.0.1:9081";

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FORMAT",
      description = "table or json. Default: table.")
  @Nullable OutputFormat output;

  DoctorCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  @Override
  public Integer call() {
    HostPort address;
    try {
      address = HostPort.parse(listen);
    } catch (IllegalArgumentException e) {
      throw new CommandException(ExitCode.USAGE, "--listen " + listen + ": " + e.getMessage());
    }
    List<Finding> findings = new Doctor(folder, address).examine();
    if (output == OutputFormat.JSON) {
      surroundings.out().println(Json.of(findings.stream().map(DoctorCommand::json).toList()));
    } else {
      Table table = new Table("CHECK", "VERDICT", "FOUND");
      findings.forEach(f -> table.row(f.subject(), verdict(f), f.detail()));
      surroundings.out().print(table);
    }
    return findings.stream().anyMatch(f -> f.verdict() == Finding.Verdict.FAILURE)
        ? ExitCode.NEGATIVE
        : ExitCode.OK;
  }

  private static Object json(Finding finding) {
    return Json.object(
        "check", finding.subject(), "verdict", verdict(finding), "found", finding.detail());
  }

  private static String verdict(Finding finding) {
    return finding.verdict().name().toLowerCase(Locale.ROOT);
  }
}
