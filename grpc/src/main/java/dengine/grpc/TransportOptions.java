package dengine.grpc;

import java.time.Duration;

/// Where a node listens, who it is, and the limits of its connections.
///
/// @param listen address to listen on, `host:port`; port 0 takes a free one
/// @param clusterId the cluster this node belongs to; connections from another one are refused
/// @param nodeId this node's number, at least 1
/// @param maxQueuedBytes most bytes that wait for one peer; beyond it messages are dropped
/// @param maxMessageBytes most bytes of one received message, from peers and from clients; must
///     exceed the core's largest message by at least the largest request
/// @param maxCallsPerConnection most concurrent calls of one connection; a client beyond it waits
/// @param connectTimeout longest time until a peer must have accepted a connection
/// @param silenceTimeout longest time a connected peer may stay silent when asked for a sign of
///     life, before the connection is given up
/// @param reconnectMin wait before the first attempt to reconnect to a peer; each wait is drawn
///     from the upper half of its range
/// @param reconnectMax longest wait between attempts
public record TransportOptions(
    String listen,
    long clusterId,
    int nodeId,
    long maxQueuedBytes,
    int maxMessageBytes,
    int maxCallsPerConnection,
    Duration connectTimeout,
    Duration silenceTimeout,
    Duration reconnectMin,
    Duration reconnectMax) {

  // What one message needs beside keys and values: ids, lengths, headers.
  private static final int ENVELOPE_BYTES = 64 << 10;

  public TransportOptions {
    require(nodeId >= 1, "nodeId", nodeId, ">= 1");
    require(maxQueuedBytes >= 1, "maxQueuedBytes", maxQueuedBytes, ">= 1");
    require(maxMessageBytes >= 1 << 16, "maxMessageBytes", maxMessageBytes, ">= 65536");
    require(maxCallsPerConnection >= 1, "maxCallsPerConnection", maxCallsPerConnection, ">= 1");
    require(connectTimeout.toMillis() >= 1, "connectTimeout", connectTimeout, ">= 1 ms");
    require(silenceTimeout.toMillis() >= 1, "silenceTimeout", silenceTimeout, ">= 1 ms");
    require(reconnectMin.toMillis() >= 1, "reconnectMin", reconnectMin, ">= 1 ms");
    require(
        reconnectMax.compareTo(reconnectMin) >= 0,
        "reconnectMax",
        reconnectMax,
        ">= reconnectMin (" + reconnectMin + ")");
  }

  /// The defaults for this node.
  public static TransportOptions of(String listen, long clusterId, int nodeId) {
    return new TransportOptions(
        listen,
        clusterId,
        nodeId,
        32L << 20,
        4 << 20,
        4096,
        Duration.ofSeconds(1),
        Duration.ofSeconds(2),
        Duration.ofMillis(50),
        Duration.ofSeconds(1));
  }

  /// The same with another bound on the bytes that wait for one peer.
  public TransportOptions withMaxQueuedBytes(long bytes) {
    return new TransportOptions(
        listen,
        clusterId,
        nodeId,
        bytes,
        maxMessageBytes,
        maxCallsPerConnection,
        connectTimeout,
        silenceTimeout,
        reconnectMin,
        reconnectMax);
  }

  /// The same with another bound on a received message.
  public TransportOptions withMaxMessageBytes(int bytes) {
    return new TransportOptions(
        listen,
        clusterId,
        nodeId,
        maxQueuedBytes,
        bytes,
        maxCallsPerConnection,
        connectTimeout,
        silenceTimeout,
        reconnectMin,
        reconnectMax);
  }

  /// The same with a bound on a received message that no message of the core and no request
  /// exceeds, when the members are configured alike.
  ///
  /// @param message most bytes of entries in one message
  /// @param request most bytes of one request, and so of the single entry that may be larger
  public TransportOptions withRoomFor(int message, int request) {
    int largest = Math.addExact(Math.addExact(message, ENVELOPE_BYTES), request);
    return largest > maxMessageBytes ? withMaxMessageBytes(largest) : this;
  }

  /// The same with other timeouts for the peers' connections.
  public TransportOptions withTimeouts(Duration connect, Duration silence) {
    return new TransportOptions(
        listen,
        clusterId,
        nodeId,
        maxQueuedBytes,
        maxMessageBytes,
        maxCallsPerConnection,
        connect,
        silence,
        reconnectMin,
        reconnectMax);
  }

  private static void require(boolean holds, String name, Object value, String range) {
    if (!holds) {
      throw new IllegalArgumentException(name + " = " + value + ", permitted: " + range);
    }
  }
}
