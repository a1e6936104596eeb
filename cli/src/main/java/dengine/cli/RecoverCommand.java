package dengine.cli;

import dengine.engine.spi.MetaStore;
import dengine.engine.spi.StorageException;
import dengine.raft.Membership;
import dengine.storage.Disk;
import dengine.storage.NewDirectory;
import dengine.storage.OfflineDirectory;
import dengine.storage.StorageOptions;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "recover",
    description = {
      "Make a new cluster of one node out of the survivor of a cluster that lost its majority for"
          + " ever.",
      "Shows what the survivor has, and does nothing without --accept-data-loss. Compare all"
          + " survivors first and take the one with the highest term of its last entry, then the"
          + " highest index."
    })
final class RecoverCommand implements Callable<Integer> {

  private final Surroundings surroundings;
  @Mixin Offline.Output output = new Offline.Output();

  @Option(
      names = "--dir",
      required = true,
      paramLabel = "FOLDER",
      description = "The survivor's data directory; fenced afterwards, nothing in it is lost.")
  Path survivor = Path.of("");

  @Option(
      names = "--to",
      required = true,
      paramLabel = "FOLDER",
      description = "The data directory to make; must be empty or not exist.")
  Path target = Path.of("");

  @Option(
      names = "--address",
      required = true,
      paramLabel = "HOST:PORT",
      description = "Where others reach the node.")
  String address = "";

  @Option(
      names = "--accept-data-loss",
      description = "Do it: what only the lost nodes had is lost, and they can never come back.")
  boolean accepted;

  RecoverCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  @Override
  public Integer call() {
    String where = Target.address(address);
    int nodeId;
    Map<String, @Nullable Object> facts;
    PathCheck.folder(survivor, "data directory");
    PathCheck.toBeMade(target);
    try (OfflineDirectory opened = OfflineDirectory.open(Disk.system(), survivor)) {
      nodeId = opened.inspect().owner().nodeId();
      facts = LogCommand.describe(opened.inspect());
      LogCommand.warn(opened.inspect(), surroundings);
    }
    if (!accepted) {
      output.print(surroundings, facts);
      surroundings
          .err()
          .println(
              "dengine: nothing was done. Writes that the lost nodes acknowledged after the last"
                  + " entry here would be lost, entries here that were never acknowledged become"
                  + " committed, and other nodes of the old cluster are refused for ever. If no"
                  + " majority can come back, repeat with --accept-data-loss");
      return ExitCode.NEGATIVE;
    }
    long cluster = Offline.random();
    long incarnation = Offline.random();
    TreeMap<Integer, Membership.Member> details = new TreeMap<>();
    details.put(nodeId, new Membership.Member(where, incarnation, false, 0));
    Optional<StorageException> unfenced =
        NewDirectory.recover(
            StorageOptions.DEFAULT,
            survivor,
            target,
            new NewDirectory.Founding(
                new MetaStore.Identity(cluster, nodeId),
                incarnation,
                Membership.of(nodeId).withDetails(details)));
    facts.put("new_dir", target.toString());
    facts.put("new_cluster_id", Long.toHexString(cluster));
    facts.put(
        "start_with",
        Offline.startWith(surroundings, target, nodeId, cluster, nodeId + "=" + where, where));
    output.print(surroundings, facts);
    return unfenced.map(this::notFenced).orElse(ExitCode.OK);
  }

  private int notFenced(StorageException why) {
    surroundings
        .err()
        .println(
            "dengine: the new directory is complete, but the old one is not fenced: "
                + why.getMessage()
                + "; make sure that no node is ever started on it: rename "
                + survivor.resolve("IDENTITY")
                + " to IDENTITY.recovered, or take the disk away");
    return ExitCode.NODE_STOPPED;
  }
}
