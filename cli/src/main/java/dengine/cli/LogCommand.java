package dengine.cli;

import dengine.engine.spi.SnapshotStore;
import dengine.raft.Entry;
import dengine.raft.Membership;
import dengine.raft.RecoveredLog;
import dengine.storage.DamagedSnapshot;
import dengine.storage.Disk;
import dengine.storage.OfflineDirectory;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "log",
    description = "Look at the data directory of a node that does not run. Changes nothing.",
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {LogCommand.Inspect.class, LogCommand.Verify.class})
final class LogCommand {

  private static final long MOST_BYTES = 16 << 20;

  @Command(name = "inspect", description = "Show whose it is, and what log and snapshots hold.")
  static final class Inspect implements Callable<Integer> {
    private final Surroundings surroundings;
    @Mixin Offline.Output output = new Offline.Output();

    @Parameters(paramLabel = "FOLDER", description = "The data directory.")
    Path directory = Path.of("");

    @Option(
        names = "--entries",
        paramLabel = "INDEX",
        description = "Show entries from this one on instead.")
    long from;

    @Option(names = "--limit", paramLabel = "N", description = "How many. Default: 100.")
    int limit = 100;

    Inspect(Surroundings surroundings) {
      this.surroundings = surroundings;
    }

    @Override
    public Integer call() {
      try (OfflineDirectory opened = OfflineDirectory.open(Disk.system(), directory)) {
        if (from > 0) {
          entries(opened);
        } else {
          output.print(surroundings, describe(opened.inspect()));
        }
        warn(opened.inspect(), surroundings);
      }
      return ExitCode.OK;
    }

    private void entries(OfflineDirectory opened) {
      RecoveredLog log = opened.inspect().recovered().log();
      if (from <= log.base().index() || from > log.lastIndex()) {
        throw new CommandException(
            ExitCode.USAGE,
            "--entries "
                + from
                + ": the log has "
                + (log.base().index() + 1)
                + " to "
                + log.lastIndex());
      }
      long upTo = Math.min(log.lastIndex(), from + Math.max(1, limit) - 1);
      List<Entry> entries = opened.read(from, upTo, MOST_BYTES);
      switch (output.output) {
        case TABLE -> {
          Table table = new Table("INDEX", "TERM", "KIND", "BYTES", "TIME");
          entries.forEach(
              e -> table.row(e.index(), e.term(), kind(e), e.payload().length, e.time()));
          surroundings.out().print(table);
        }
        case JSON ->
            surroundings.out().println(Json.of(entries.stream().map(Inspect::json).toList()));
        case VALUE -> entries.forEach(e -> surroundings.out().println(e.index()));
      }
    }

    private static Map<String, @Nullable Object> json(Entry entry) {
      return Json.object(
          "index",
          entry.index(),
          "term",
          entry.term(),
          "kind",
          kind(entry),
          "bytes",
          entry.payload().length,
          "time",
          entry.time());
    }

    private static String kind(Entry entry) {
      return entry.kind().name().toLowerCase(Locale.ROOT);
    }
  }

  @Command(name = "verify", description = "Check every byte of log and snapshots.")
  static final class Verify implements Callable<Integer> {
    private final Surroundings surroundings;
    @Mixin Offline.Output output = new Offline.Output();

    @Parameters(paramLabel = "FOLDER", description = "The data directory.")
    Path directory = Path.of("");

    Verify(Surroundings surroundings) {
      this.surroundings = surroundings;
    }

    @Override
    public Integer call() {
      try (OfflineDirectory opened = OfflineDirectory.open(Disk.system(), directory)) {
        opened.verify();
        output.print(surroundings, describe(opened.inspect()));
      }
      return ExitCode.OK;
    }
  }

  static Map<String, @Nullable Object> describe(OfflineDirectory.Inspection found) {
    RecoveredLog log = found.recovered().log();
    return Json.object(
        "cluster_id",
        Long.toHexString(found.owner().clusterId()),
        "node_id",
        found.owner().nodeId(),
        "incarnation",
        Long.toHexString(found.incarnation()),
        "members",
        Offline.members(lastMembers(found)),
        "first_index",
        log.base().index() + 1,
        "last_index",
        log.lastIndex(),
        "term",
        found.recovered().hardState().term(),
        "log_files",
        found.files().size(),
        "cut",
        found.cut().map(String::valueOf).orElse("nothing"),
        "snapshots",
        found.snapshots().stream().map(s -> s.point().position().index()).toList().toString());
  }

  /// Names the snapshots that are damaged at first sight.
  static void warn(OfflineDirectory.Inspection found, Surroundings surroundings) {
    for (DamagedSnapshot damaged : found.damaged()) {
      surroundings
          .err()
          .println(
              "dengine: warning: "
                  + damaged.damage().file()
                  + " is damaged at offset "
                  + damaged.damage().offset()
                  + " and not used; no node starts beside it while it is the newest");
    }
  }

  /// The newest configuration, committed or not.
  static Membership lastMembers(OfflineDirectory.Inspection found) {
    List<Entry> inLog = found.recovered().memberships();
    if (!inLog.isEmpty()) {
      return Membership.decode(inLog.getLast().payload());
    }
    List<SnapshotStore.Snapshot> snapshots = found.snapshots();
    return snapshots.isEmpty()
        ? found.founders().orElse(Membership.NONE)
        : snapshots.getLast().point().membership();
  }
}
