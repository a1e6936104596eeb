package dengine.cli;

import dengine.engine.spi.SnapshotStore;
import dengine.raft.Entry;
import dengine.raft.Membership;
import dengine.raft.RecoveredLog;
import dengine.storage.CutTail;
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

  /// Entries that are shown when nobody says from where on.
  private static final int NEWEST = 10;

  private static final int MOST_ENTRIES = 100;

  @Command(
      name = "inspect",
      description = "Show whose it is, what log and snapshots hold, and the newest entries.")
  static final class Inspect implements Callable<Integer> {
    private final Surroundings surroundings;
    @Mixin Offline.Output output = new Offline.Output();

    @Parameters(paramLabel = "FOLDER", description = "The data directory.")
    Path directory = Path.of("");

    @Option(
        names = "--entries",
        paramLabel = "INDEX",
        description = "Show entries from this one on instead.")
    @Nullable Long from;

    @Option(
        names = "--limit",
        paramLabel = "N",
        description = "How many, 1 or more. Default: 100, or the newest 10 without --entries.")
    @Nullable Integer limit;

    Inspect(Surroundings surroundings) {
      this.surroundings = surroundings;
    }

    @Override
    public Integer call() {
      if (limit != null && limit < 1) {
        throw new CommandException(ExitCode.USAGE, "--limit " + limit + ": permitted: 1 or more");
      }
      PathCheck.folder(directory, "data directory");
      try (OfflineDirectory opened = OfflineDirectory.open(Disk.system(), directory)) {
        if (from == null) {
          overview(opened);
        } else {
          entries(opened, from);
        }
        warn(opened.inspect(), surroundings);
      }
      return ExitCode.OK;
    }

    private void overview(OfflineDirectory opened) {
      Map<String, @Nullable Object> facts = describe(opened.inspect());
      List<Entry> newest = newest(opened);
      switch (output.output) {
        case TABLE -> {
          output.print(surroundings, facts);
          if (!newest.isEmpty()) {
            surroundings.out().println();
            surroundings.out().print(table(newest));
          }
        }
        case JSON -> {
          facts.put("entries", newest.stream().map(Inspect::json).toList());
          output.print(surroundings, facts);
        }
        case VALUE -> output.print(surroundings, facts);
      }
    }

    private List<Entry> newest(OfflineDirectory opened) {
      RecoveredLog log = opened.inspect().recovered().log();
      long last = log.lastIndex();
      int most = limit == null ? NEWEST : limit;
      long first = Math.max(log.base().index() + 1, last - most + 1);
      if (first > last) {
        return List.of();
      }
      List<Entry> read = opened.read(first, last, MOST_BYTES);
      // The last one decides whom to recover from: it is shown, however large those before it are.
      return read.getLast().index() == last ? read : opened.read(last, last, MOST_BYTES);
    }

    private void entries(OfflineDirectory opened, long from) {
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
      int most = limit == null ? MOST_ENTRIES : limit;
      long upTo = Math.min(log.lastIndex(), from + most - 1);
      List<Entry> entries = opened.read(from, upTo, MOST_BYTES);
      switch (output.output) {
        case TABLE -> surroundings.out().print(table(entries));
        case JSON ->
            surroundings.out().println(Json.of(entries.stream().map(Inspect::json).toList()));
        case VALUE -> entries.forEach(e -> surroundings.out().println(e.index()));
      }
    }

    private static Table table(List<Entry> entries) {
      Table table = new Table("INDEX", "TERM", "KIND", "BYTES", "TIME");
      entries.forEach(e -> table.row(e.index(), e.term(), kind(e), e.payload().length, e.time()));
      return table;
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

  @Command(
      name = "verify",
      description = {
        "Check every byte of log and snapshots, and say what was checked.",
        "Exit code 74: something is damaged; file and offset are told. An incomplete end of the"
            + " log is what a crash leaves, and no damage."
      })
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
      PathCheck.folder(directory, "data directory");
      try (OfflineDirectory opened = OfflineDirectory.open(Disk.system(), directory)) {
        opened.verify();
        output.print(surroundings, verified(opened.inspect()));
      }
      return ExitCode.OK;
    }

    private static Map<String, @Nullable Object> verified(OfflineDirectory.Inspection found) {
      RecoveredLog log = found.recovered().log();
      return Json.object(
          "verdict",
          "intact",
          "log_files",
          found.files().size(),
          "log_bytes",
          found.files().stream().mapToLong(OfflineDirectory.LogFile::bytes).sum(),
          "entries",
          log.lastIndex() - log.base().index(),
          "first_index",
          log.base().index() + 1,
          "last_index",
          log.lastIndex(),
          "torn_end",
          found.cut().map(Verify::torn).orElse("none"),
          "snapshots",
          found.snapshots().size(),
          "snapshot_bytes",
          found.snapshots().stream().mapToLong(SnapshotStore.Snapshot::bytes).sum());
    }

    private static String torn(CutTail cut) {
      return cut.bytes()
          + " bytes from offset "
          + cut.offset()
          + " of "
          + cut.file()
          + ": never synced, a start cuts them off";
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
