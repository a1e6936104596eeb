package dengine.cli;

import dengine.api.Admin;
import dengine.api.Client;

/// An operator's connection to a cluster.
interface AdminConnection extends AutoCloseable {

  /// What can be done.
  Admin admin();

  /// The store of the same cluster.
  Client client();

  @Override
  void close();
}
