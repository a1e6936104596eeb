package dengine.engine.spi;

import dengine.raft.Message;

/// Carries messages between the nodes of a cluster. Best effort: a message may be lost, and a loss
/// that the transport notices is reported by [Receiver#unreachable].
public interface Transport extends AutoCloseable {

  /// Starts receiving and connecting. Called once.
  void start(Receiver receiver);

  /// Queues a message; never blocks. Messages to one peer keep their order. A bounded number of
  /// bytes waits per peer; beyond it messages are dropped and the peer is reported unreachable.
  void send(int to, Message message);

  /// Closes connections and releases ports. No call follows.
  @Override
  void close();

  /// Where messages and losses arrive; called from the transport's threads, must not block.
  interface Receiver {

    /// A message from a peer whose cluster id and node id were checked.
    void received(int from, Message message);

    /// The connection to the peer broke or messages to it were dropped.
    void unreachable(int peer);
  }
}
