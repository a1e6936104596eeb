package dengine.engine.spi;

import dengine.raft.Message;

/// Carries messages between the nodes of a cluster. Best effort: a message may be lost, and a loss
/// that the transport notices is reported by [Receiver#unreachable].
public interface Transport extends AutoCloseable {

  /// Starts receiving and connecting. Called once.
  void start(Receiver receiver);

  /// Says where a peer is, or where it is from now on; called whenever a configuration names it.
  /// Names are resolved at each attempt to connect. A transport that finds its peers by itself does
  /// nothing.
  ///
  /// @param id never this node
  /// @param address as the configuration has it; empty if it has none
  default void peer(int id, String address) {}

  /// A node is a member no more: its connection may be closed. It may come back.
  default void forget(int id) {}

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
