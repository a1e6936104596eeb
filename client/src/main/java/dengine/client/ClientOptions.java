package dengine.client;

import java.time.Duration;

/// Limits and periods of a client; [GrpcClient.Builder] sets them.
///
/// @param deadline longest time of a call, retries included
/// @param unary whether commands travel as unary calls of the original's service instead of the
///     session stream; slower, for comparison
/// @param maxInFlight most calls under way in this client
/// @param maxInFlightBytes most bytes of their commands; one call may always start
/// @param connectTimeout longest time until a server must have answered a connection
/// @param suspicion a server that owes an answer and stays silent this long after it was asked for
///     a sign of life is avoided, and reads go elsewhere
/// @param silence a server that stays silent this long is disconnected, and its writes' outcome
///     unknown
/// @param reconnectMin wait before the first attempt to reconnect; each wait is drawn from the
///     upper half of its range
/// @param reconnectMax longest wait between attempts
/// @param discovery how often a server is asked who the members are: those that a client was told
///     of, and those that led since, may all be replaced one day
record ClientOptions(
    Duration deadline,
    boolean unary,
    int maxInFlight,
    long maxInFlightBytes,
    Duration connectTimeout,
    Duration suspicion,
    Duration silence,
    Duration reconnectMin,
    Duration reconnectMax,
    Duration discovery) {

  static final ClientOptions DEFAULT =
      new ClientOptions(
          Duration.ofSeconds(5),
          false,
          100_000,
          256L << 20,
          Duration.ofSeconds(1),
          Duration.ofMillis(400),
          Duration.ofSeconds(2),
          Duration.ofMillis(50),
          Duration.ofMillis(500),
          Duration.ofSeconds(1));
}
