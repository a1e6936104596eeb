package dengine.engine.spi;

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

  /// Stores the identity durably. Called on a new data directory only.
  ///
  /// @throws StorageException when the disk refuses, or an identity is already there
  void establish(Identity identity) throws StorageException;
}
