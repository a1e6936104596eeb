package dengine.engine;

import dengine.raft.Membership;

/// A configuration of the cluster, as a node knows it.
///
/// @param index of its entry in the log; 0 if it is in none: the one the cluster was founded with,
///     or the one a node was configured with that is yet to found it
/// @param membership who takes part; [Membership#NONE] on a node that is yet to join
/// @param committed whether it can no longer be taken back
public record Configuration(long index, Membership membership, boolean committed) {

  /// Whether the cluster of these members is yet to be founded, anew or out of a backup: nothing
  /// happens in it before all of them have been there and agreed on their disks.
  public boolean isYetToBeFounded() {
    return index == 0 && !committed && !membership.equals(Membership.NONE);
  }
}
