package dengine.cli;

import java.util.List;
import java.util.OptionalLong;

/// What a node said when asked for its state, or that it said nothing.
sealed interface NodeReport {

  /// Where the node was asked.
  String address();

  /// The node answered.
  ///
  /// @param role in lower case
  /// @param leaderId 0 while none is known
  /// @param peers on a leader, one per other member
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
      List<Peer> peers)
      implements NodeReport {

    public Answered {
      peers = List.copyOf(peers);
    }

    boolean leads() {
      return role.equals("leader");
    }
  }

  /// The node did not answer.
  record Silent(String address, String reason) implements NodeReport {}

  /// What a leader knows of another member.
  ///
  /// @param lag entries behind the end of the leader's log
  /// @param lastContactMillis milliseconds since it last answered; empty if never in this term
  record Peer(int id, long lag, OptionalLong lastContactMillis) {}
}
