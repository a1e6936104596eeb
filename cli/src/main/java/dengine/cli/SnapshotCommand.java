package dengine.cli;

import dengine.api.Snapshot;
import dengine.engine.spi.MetaStore;
import dengine.engine.spi.StorageException;
import dengine.raft.Membership;
import dengine.server.config.ClusterMember;
import dengine.storage.Disk;
import dengine.storage.NewDirectory;
import dengine.storage.SnapshotFile;
import dengine.storage.StorageOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "snapshot",
    description = "Take, save, verify and restore snapshots.",
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      SnapshotCommand.Create.class,
      SnapshotCommand.Save.class,
      SnapshotCommand.Verify.class,
      SnapshotCommand.Restore.class,
    })
final class SnapshotCommand {

  private static final String ANY_NODE =
      "Whichever node can be reached, even if it does not lead: what it has may be old.";

  @Command(
      name = "create",
      description = {
        "Let the leader take a snapshot of what it has applied.",
        "It is kept in the leader's data directory; 'save' makes a backup of it. Waits as long as"
            + " it takes unless --timeout is given."
      })
  static final class Create implements Callable<Integer> {
    private final Surroundings surroundings;
    @Mixin Target target = new Target();
    @Mixin Offline.Output output = new Offline.Output();

    @Option(names = "--any-node", description = ANY_NODE)
    boolean anyNode;

    Create(Surroundings surroundings) {
      this.surroundings = surroundings;
    }

    @Override
    public Integer call() {
      Snapshot taken =
          target.withOperator(
              surroundings,
              connection ->
                  new SnapshotTaking(connection, surroundings.err(), target.givenTimeout(), anyNode)
                      .create());
      print(taken, output, surroundings);
      return ExitCode.OK;
    }
  }

  @Command(
      name = "save",
      description = {
        "Let the leader take a snapshot and save it into a file, which exists only when it is"
            + " whole.",
        "Goes on as long as something comes, unless --timeout is given; what breaks off is begun"
            + " again, three times in all."
      })
  static final class Save implements Callable<Integer> {
    private final Surroundings surroundings;
    @Mixin Target target = new Target();
    @Mixin Offline.Output output = new Offline.Output();

    @Parameters(paramLabel = "FILE", description = "Must not exist.")
    Path file = Path.of("");

    @Option(
        names = "--existing",
        description = "The newest that the leader has, without taking one first.")
    boolean existing;

    @Option(names = "--any-node", description = ANY_NODE)
    boolean anyNode;

    Save(Surroundings surroundings) {
      this.surroundings = surroundings;
    }

    @Override
    public Integer call() {
      if (Files.exists(file)) {
        throw new CommandException(
            ExitCode.USAGE, file + " exists; nothing was done: choose another name");
      }
      Optional<Duration> timeout = target.givenTimeout();
      BackupFile.dead(file)
          .forEach(
              part ->
                  surroundings
                      .err()
                      .println(
                          "dengine: warning: "
                              + part
                              + " is left of a save that was killed, unless it is still running:"
                              + " delete it"));
      try (BackupFile backup = BackupFile.begin(file)) {
        Snapshot saved =
            target.withOperator(
                surroundings,
                connection ->
                    new SnapshotTaking(connection, surroundings.err(), timeout, anyNode)
                        .save(backup, existing));
        backup.finish();
        print(saved, output, surroundings);
      }
      return ExitCode.OK;
    }
  }

  @Command(name = "verify", description = "Check every byte of a snapshot's file.")
  static final class Verify implements Callable<Integer> {
    private final Surroundings surroundings;
    @Mixin Offline.Output output = new Offline.Output();

    @Parameters(paramLabel = "FILE", description = "The file.")
    Path file = Path.of("");

    Verify(Surroundings surroundings) {
      this.surroundings = surroundings;
    }

    @Override
    public Integer call() {
      PathCheck.file(file, "backup");
      try (SnapshotFile snapshot = SnapshotFile.open(Disk.system(), file)) {
        snapshot.verify();
        output.print(surroundings, Offline.describe(snapshot));
      } catch (StorageException.Corrupt e) {
        throw BackupFile.unusable(file, e);
      }
      return ExitCode.OK;
    }
  }

  @Command(
      name = "restore",
      description = {
        "Make the data directory of a node of a new cluster from a snapshot's file.",
        "Each node of the new cluster needs one, from the same file, with the same --members and"
            + " --cluster-id. It serves once all of them have been started. A disk that is lost"
            + " after that is no matter for restore: start its node with cluster.join."
      })
  static final class Restore implements Callable<Integer> {
    private final Surroundings surroundings;
    @Mixin Offline.Output output = new Offline.Output();

    @Parameters(paramLabel = "FILE", description = "The snapshot.")
    Path file = Path.of("");

    @Option(
        names = "--dir",
        required = true,
        paramLabel = "FOLDER",
        description = "The data directory to make; must be empty or not exist.")
    Path directory = Path.of("");

    @Option(names = "--node-id", paramLabel = "N", description = "The node's number. Default: 1.")
    int nodeId = 1;

    @Option(
        names = "--members",
        required = true,
        paramLabel = "ID=HOST:PORT[,...]",
        description = "All members of the new cluster.")
    String members = "";

    @Option(
        names = "--cluster-id",
        paramLabel = "HEX",
        description =
            "The new cluster's id, never used before. Default, for one member: a random one.")
    @Nullable String clusterId;

    Restore(Surroundings surroundings) {
      this.surroundings = surroundings;
    }

    @Override
    public Integer call() {
      List<ClusterMember> all = Offline.members(members, nodeId);
      if (clusterId == null && all.size() > 1) {
        throw new CommandException(
            ExitCode.USAGE,
            "--cluster-id is needed with several members, the same for each: choose one, such as "
                + Long.toHexString(Offline.random()));
      }
      long cluster = clusterId == null ? Offline.random() : Offline.clusterId(clusterId);
      TreeMap<Integer, Membership.Member> details = new TreeMap<>();
      all.forEach(
          member ->
              details.put(
                  member.id(), new Membership.Member(member.address().toString(), 0, false, 0)));
      Membership membership = Membership.of(details.keySet()).withDetails(details);
      restore(
          new NewDirectory.Founding(
              new MetaStore.Identity(cluster, nodeId), Offline.random(), membership));
      output.print(
          surroundings,
          Json.object(
              "dir",
              directory.toString(),
              "node_id",
              nodeId,
              "cluster_id",
              Long.toHexString(cluster),
              "start_with",
              Offline.startWith(
                  surroundings,
                  directory,
                  nodeId,
                  cluster,
                  members,
                  membership.member(nodeId).address())));
      return ExitCode.OK;
    }

    private void restore(NewDirectory.Founding founding) {
      PathCheck.file(file, "backup");
      PathCheck.toBeMade(directory);
      try {
        NewDirectory.restore(StorageOptions.DEFAULT, file, directory, founding);
      } catch (StorageException.Corrupt e) {
        throw BackupFile.unusable(file, e);
      }
    }
  }

  private static void print(Snapshot snapshot, Offline.Output output, Surroundings surroundings) {
    output.print(
        surroundings,
        Json.object(
            "node",
            snapshot.nodeId(),
            "index",
            snapshot.index(),
            "term",
            snapshot.term(),
            "bytes",
            snapshot.bytes()));
  }
}
