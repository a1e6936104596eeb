package dengine.grpc;

import dengine.api.ReadPolicy;
import java.time.Duration;

/// How clients are served.
///
/// @param defaultPolicy how fresh a read is that does not say
/// @param allowClientOverride whether a read that does say is heard; otherwise `defaultPolicy` it
///     is
/// @param defaultDeadline time a call may take that brings no deadline
/// @param maxDeadline most time any call may take, whatever its deadline, but for one that takes a
///     snapshot; and most time in which who is sent one may read nothing
/// @param maxInFlight most commands of one session that are under way or whose answers wait to be
///     read
/// @param maxInFlightBytes most bytes of those commands and answers; one more may always start
/// @param maxValueBytes most bytes of a value that the store takes, for clients to know; 0 if they
///     are not to be told
public record ServiceOptions(
    ReadPolicy defaultPolicy,
    boolean allowClientOverride,
    Duration defaultDeadline,
    Duration maxDeadline,
    int maxInFlight,
    long maxInFlightBytes,
    int maxValueBytes) {

  /// Linearizable reads, clients may override; 5 s, at most 60 s; 8192 commands, 32 MiB per
  /// session.
  public static final ServiceOptions DEFAULT =
      new ServiceOptions(
          ReadPolicy.LINEARIZABLE,
          true,
          Duration.ofSeconds(5),
          Duration.ofSeconds(60),
          8192,
          32L << 20,
          0);

  public ServiceOptions {
    require(defaultDeadline.toMillis() >= 1, "defaultDeadline", defaultDeadline, ">= 1 ms");
    require(
        maxDeadline.compareTo(defaultDeadline) >= 0,
        "maxDeadline",
        maxDeadline,
        ">= defaultDeadline (" + defaultDeadline + ")");
    require(maxInFlight >= 1, "maxInFlight", maxInFlight, ">= 1");
    require(maxInFlightBytes >= 1, "maxInFlightBytes", maxInFlightBytes, ">= 1");
    require(maxValueBytes >= 0, "maxValueBytes", maxValueBytes, ">= 0");
  }

  /// The same with this policy for reads.
  public ServiceOptions withReads(ReadPolicy policy, boolean clientMayOverride) {
    return new ServiceOptions(
        policy,
        clientMayOverride,
        defaultDeadline,
        maxDeadline,
        maxInFlight,
        maxInFlightBytes,
        maxValueBytes);
  }

  /// The same with these bounds for each session.
  public ServiceOptions withSessionBounds(int commands, long bytes) {
    return new ServiceOptions(
        defaultPolicy,
        allowClientOverride,
        defaultDeadline,
        maxDeadline,
        commands,
        bytes,
        maxValueBytes);
  }

  /// The same of a store that takes values of so many bytes.
  public ServiceOptions withMaxValueBytes(int bytes) {
    return new ServiceOptions(
        defaultPolicy,
        allowClientOverride,
        defaultDeadline,
        maxDeadline,
        maxInFlight,
        maxInFlightBytes,
        bytes);
  }

  /// The time a call gets that asks for so much.
  Duration capped(Duration asked) {
    // One that has passed already still has to be a positive duration; the call then fails by
    // itself.
    Duration least = asked.isPositive() ? asked : Duration.ofNanos(1);
    return least.compareTo(maxDeadline) < 0 ? least : maxDeadline;
  }

  private static void require(boolean holds, String name, Object value, String range) {
    if (!holds) {
      throw new IllegalArgumentException(name + " = " + value + ", permitted: " + range);
    }
  }
}
