package dengine.cli;

import dengine.api.Admin;
import dengine.api.Client;
import dengine.api.Lifecycle;

/// An operator's connection to a cluster.
interface AdminConnection extends AutoCloseable {

  /// What can be done.
  Admin admin();

  /// The store of the same cluster.
  Client client();

  /// What becomes of the cluster, as one node after the other tells it.
  Lifecycle lifecycle();

  /// What becomes of the node at this address.
  Lifecycle lifecycleAt(String address);

  @Override
  void close();
}
