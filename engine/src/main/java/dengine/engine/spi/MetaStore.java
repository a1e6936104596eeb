package dengine.engine.spi;

import dengine.raft.Membership;
import java.util.Optional;

/// Who this data belongs to. Written once, before the first entry.
public interface MetaStore {

  /// A node is its number within a cluster, never its address.
  ///
  /// @param clusterId the cluster's id, not 0
  /// @param nodeId the node's number, at least 1
  record Identity(long clusterId, int nodeId) {
    public Identity {
      if (clusterId == 0 || nodeId < 1) {
        throw new IllegalArgumentException("identity cluster=" + clusterId + " node=" + nodeId);
      }
    }

    @Override
    public String toString() {
      return "node " + nodeId + " of cluster " + Long.toHexString(clusterId);
    }
  }

  /// The stored identity, or empty for a new data directory.
  Optional<Identity> identity();

  /// The random number the directory was set up with, never 0: by it others notice that a disk was
  /// wiped. 0 for a new data directory.
  long incarnation();

  /// The members the cluster was founded with; empty until [#found], and for ever on a node that
  /// joined later.
  Optional<Membership> founders();

  /// Stores the identity durably. Called on a new data directory only.
  ///
  /// @param incarnation not 0
  /// @throws StorageException when the disk refuses, or an identity is already there
  void establish(Identity identity, long incarnation) throws StorageException;

  /// The members of a new cluster for which a backup was restored here, as long as they have not
  /// founded it: none of them has taken part in anything. Empty (the default) otherwise.
  default Optional<Membership> restored() {
    return Optional.empty();
  }

  /// Gives a directory that is [#restored] another incarnation, durably. Called at each start until
  /// it is founded, so that a copy of it is another disk, also when the original has founded.
  ///
  /// @param incarnation not 0
  /// @throws StorageException when the disk refuses
  default void reincarnate(long incarnation) throws StorageException {
    throw new IllegalStateException("nothing was restored here");
  }

  /// Stores the founding members durably. Called at most once, before anything is in the log but
  /// what was [#restored]; by the node's log thread.
  ///
  /// @throws StorageException when the disk refuses
  void found(Membership founders) throws StorageException;
}
