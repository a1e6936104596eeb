package dengine.cli;

import dengine.api.Client;
import java.time.Duration;
import java.util.List;

/// How commands reach a cluster.
interface Connector {

  /// A client of the cluster at these endpoints.
  ///
  /// @param endpoints one or more `host:port`
  /// @param timeout longest time a call may take, retries included
  Client connect(List<String> endpoints, Duration timeout);

  /// The same with one call of the original's service per command instead of the session stream.
  Client connectUnary(List<String> endpoints, Duration timeout);

  /// What operators do with the cluster at these endpoints.
  AdminConnection admin(List<String> endpoints, Duration timeout);

  /// Asks each of these nodes, all at the same time, for its view of itself.
  ///
  /// @param timeout longest time to wait for an answer
  /// @return one report per endpoint, in their order
  List<NodeReport> status(List<String> endpoints, Duration timeout);
}
