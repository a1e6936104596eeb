package dengine.cli;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/// What a node said when asked for its state, or that it said nothing.
sealed interface NodeReport {

  /// Where the node was asked.
  String address();

  /// What part a node has in a cluster, as far as it knows.
  enum Part {
    MEMBER(""),
    REMOVED("removed from the cluster"),
    FOUNDING("waits for all members"),
    JOINING("waits to be taken in");

    private final String words;

    Part(String words) {
      this.words = words;
    }
  }

  /// The node answered.
  ///
  /// @param role in lower case
  /// @param leaderId 0 while none is known
  /// @param peers on a leader, one per other member
  /// @param interior empty of a server that does not say
  record Answered(
      String address,
      int id,
      long clusterId,
      String role,
      long term,
      int leaderId,
      long lastIndex,
      long commitIndex,
      long appliedIndex,
      Part part,
      List<Peer> peers,
      Optional<Interior> interior)
      implements NodeReport {

    public Answered {
      peers = List.copyOf(peers);
    }

    boolean leads() {
      return role.equals("leader");
    }

    /// Its role or, if it has none, why.
    String standing() {
      return part == Part.MEMBER ? role : part.words;
    }
  }

  /// What a node has and does.
  ///
  /// @param firstIndex of the first entry in its log
  /// @param snapshot the newest
  /// @param calls that have not ended
  /// @param watches of clients
  /// @param requests reads and writes of clients that came since it was started
  record Interior(
      long firstIndex, Optional<Kept> snapshot, int calls, int watches, long requests) {}

  /// A snapshot.
  ///
  /// @param index of the last entry it includes
  record Kept(long index, long bytes, Duration age) {}

  /// The node did not answer.
  record Silent(String address, String reason) implements NodeReport {}

  /// What a leader knows of another member.
  ///
  /// @param lag entries behind the end of the leader's log
  /// @param lastContactMillis milliseconds since it last answered; while it has not, since the
  ///     leader began to lead or took it in
  record Peer(int id, long lag, long lastContactMillis) {}
}
