package dengine.cli;

import dengine.api.Admin;
import dengine.api.Bytes;
import dengine.api.ClusterUnavailableException;
import dengine.api.DEngineException;
import dengine.api.NotLeaderException;
import dengine.api.OutcomeUnknownException;
import dengine.api.ReadPolicy;
import dengine.api.Snapshot;
import dengine.api.SnapshotFailedException;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/// Takes snapshots, and saves them.
///
/// What is taken is no older than the command: a linearizable read comes first, by which a majority
/// says how far the cluster is, and the snapshot must reach that far and be the leader's. Otherwise
/// a node that was cut off long ago could pass for the cluster when only it is reached.
final class SnapshotTaking {

  /// Longest time to find a leader at the beginning.
  private static final Duration SEARCH = Duration.ofSeconds(5);

  /// The same after something broke off: an election or a restart takes a while.
  private static final Duration SEARCH_AGAIN = Duration.ofSeconds(30);

  /// Longest time in which nothing of a snapshot comes.
  private static final Duration IDLE = Duration.ofSeconds(30);

  /// Longest time that taking one may last if nobody says otherwise; servers give it no more.
  private static final Duration LONGEST = Duration.ofDays(1);

  private static final int MAX_ATTEMPTS = 3;
  private static final long NEWS_NANOS = TimeUnit.SECONDS.toNanos(10);

  /// Need not exist.
  private static final Bytes ANY_KEY = Bytes.of("dengine");

  private final AdminConnection connection;
  private final PrintStream err;
  private final Optional<Duration> timeout;
  private final boolean anyNode;
  private final long start = System.nanoTime();

  private Duration search = SEARCH;
  private int leader;
  private boolean found;

  /// The index that a saved snapshot must have at least; 0 if none was taken for it.
  private long taken;

  /// @param timeout longest time for all of it, if there is a limit
  /// @param anyNode whether it may be old
  SnapshotTaking(
      AdminConnection connection, PrintStream err, Optional<Duration> timeout, boolean anyNode) {
    this.connection = connection;
    this.err = err;
    this.timeout = timeout;
    this.anyNode = anyNode;
  }

  /// Takes one.
  Snapshot create() {
    long reached = anyNode ? 0 : askMajority();
    findLeader();
    Snapshot snapshot = within(LONGEST).createSnapshot();
    requireLeaders(snapshot, "taken");
    if (snapshot.index() < reached) {
      throw new CommandException(
          ExitCode.UNAVAILABLE,
          "node "
              + snapshot.nodeId()
              + " took a snapshot at index "
              + snapshot.index()
              + ", but the cluster is at "
              + reached
              + " at least: it is behind; look at 'dengine status', and try again");
    }
    return snapshot;
  }

  /// Saves one; what breaks off is begun again.
  ///
  /// @param existing the newest there is, without taking one
  Snapshot save(BackupFile file, boolean existing) {
    for (int attempt = 1; ; attempt++) {
      String why;
      try {
        Optional<Snapshot> saved = attempt(file, existing);
        if (saved.isPresent()) {
          return saved.get();
        }
        why = "the leader changed, and the new one's snapshot is older";
        taken = 0;
      } catch (SnapshotFailedException e) {
        if (file.bytes() == 0) {
          throw e; // it was not even begun
        }
        why = message(e);
      } catch (ClusterUnavailableException | NotLeaderException | OutcomeUnknownException e) {
        if (!found || isOver()) {
          throw e; // there was nobody from the beginning, or there is no time to look again
        }
        why = message(e);
      }
      if (attempt == MAX_ATTEMPTS || isOver()) {
        throw new CommandException(
            ExitCode.UNAVAILABLE,
            why
                + "; "
                + attempt
                + (attempt == 1 ? " attempt was" : " attempts were")
                + " made and nothing is saved. When 'dengine status' shows a leader, repeat the"
                + " command"
                + (existing ? "" : "; --existing saves what was taken already"));
      }
      err.println(
          "dengine: " + why + "; beginning again (" + (attempt + 1) + " of " + MAX_ATTEMPTS + ")");
      search = SEARCH_AGAIN;
    }
  }

  private static String message(DEngineException e) {
    return String.valueOf(e.getMessage());
  }

  /// @return empty if what came is older than what was taken
  private Optional<Snapshot> attempt(BackupFile file, boolean existing) {
    file.restart();
    if (existing || taken > 0) {
      findLeader();
    } else {
      taken = create().index();
    }
    Snapshot saved;
    try (OutputStream out = new Watched(file.stream())) {
      saved = within(IDLE).saveSnapshot(out);
    } catch (IOException e) {
      throw file.cannotWrite(e);
    }
    if (existing) {
      requireLeaders(saved, "sent");
    }
    return saved.index() >= taken ? Optional.of(saved) : Optional.empty();
  }

  /// How far the cluster is at least, as a majority of it says now.
  private long askMajority() {
    try {
      return connection
          .client()
          .withDeadline(left(search))
          .getMany(List.of(ANY_KEY), ReadPolicy.LINEARIZABLE)
          .revision();
    } catch (ClusterUnavailableException | NotLeaderException e) {
      throw new ClusterUnavailableException(
          "no majority says how far the cluster is ("
              + e.getMessage()
              + "); --any-node takes what the node has that can be reached, which may be old",
          e);
    }
  }

  private void findLeader() {
    leader = within(search).listMembers().leader();
    found = true;
  }

  /// It must be the snapshot of the node that led before or leads now.
  private void requireLeaders(Snapshot snapshot, String what) {
    if (anyNode || snapshot.nodeId() == leader) {
      return;
    }
    findLeader();
    if (snapshot.nodeId() != leader) {
      throw new CommandException(
          ExitCode.UNAVAILABLE,
          "the snapshot at index "
              + snapshot.index()
              + " was "
              + what
              + " by node "
              + snapshot.nodeId()
              + ", which does not lead ("
              + (leader == 0 ? "nobody does" : "node " + leader + " does, as far as it knows")
              + "): it may be old. Look at 'dengine status' and give the leader's address, or"
              + " repeat with --any-node");
    }
  }

  private Admin within(Duration longest) {
    return connection.admin().withDeadline(left(longest));
  }

  /// What is left of the time for all, at most so much.
  private Duration left(Duration longest) {
    if (timeout.isEmpty()) {
      return longest;
    }
    Duration left = timeout.get().minusNanos(System.nanoTime() - start);
    Duration least = left.isPositive() ? left : Duration.ofMillis(1);
    return least.compareTo(longest) < 0 ? least : longest;
  }

  private boolean isOver() {
    return timeout.isPresent()
        && timeout.get().minusNanos(System.nanoTime() - start).toMillis() <= 0;
  }

  /// Ends what takes longer than it may, and tells whoever waits how far it is.
  private final class Watched extends FilterOutputStream {

    private long bytes;
    private long told = System.nanoTime();

    Watched(OutputStream out) {
      super(out);
    }

    @Override
    public void write(byte[] content, int offset, int length) throws IOException {
      if (isOver()) {
        throw new CommandException(
            ExitCode.UNAVAILABLE,
            "the snapshot was not saved within --timeout "
                + timeout.orElseThrow().toMillis()
                + " ms, only "
                + bytes
                + " bytes of it; nothing is left of it: give it more time, or none");
      }
      out.write(content, offset, length);
      bytes += length;
      long now = System.nanoTime();
      if (now - told >= NEWS_NANOS) {
        told = now;
        err.println("dengine: " + (bytes >> 20) + " MiB so far");
      }
    }
  }
}
