package dengine.grpc;

/// One connection to a peer, from the attempt to its end. Owned by the event loop of its
/// [PeerLink], but for [#awaitClosed].
interface Connection {

  /// Prepares connections.
  interface Connector {

    /// One that has not been opened.
    Connection to(String address, Owner owner);
  }

  /// What [PeerLink] is told; always on the event loop.
  interface Owner {

    /// The peer accepted the connection, or can take more.
    void ready(Connection from);

    /// The connection is of no use any more, or never was.
    void lost(Connection from, String why);
  }

  /// Starts the attempt; the owner is told how it ends.
  ///
  /// @param attempt its number
  void open(int attempt);

  /// Whether the peer accepted the connection and there is room in its window.
  boolean canSend();

  void send(byte[] packet);

  /// Looks whether the peer still lives; to be called twice a second.
  void tick();

  /// Ends it at once; the owner is not told.
  void close();

  /// Waits until the threads and sockets of a closed connection are gone. Any thread.
  boolean awaitClosed(long millis) throws InterruptedException;
}
