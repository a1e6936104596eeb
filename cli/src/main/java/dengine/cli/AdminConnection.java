package dengine.cli;

import dengine.api.Admin;

/// An operator's connection to a cluster.
interface AdminConnection extends AutoCloseable {

  /// What can be done.
  Admin admin();

  @Override
  void close();
}
