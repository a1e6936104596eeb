package dengine.embedded;

import java.time.Duration;
import java.util.List;

/// How a node gets into a cluster that is there already.
///
/// @param seeds `host:port` of one or more members, any of them will do
/// @param readOnly whether the node stays a learner for ever
/// @param replaces a member that leaves in the step in which this node gets its vote; 0 for none
/// @param timeout longest time until a member must have taken the node in; afterwards it does not
///     start. Not needed again once the node has data of the cluster
public record Join(List<String> seeds, boolean readOnly, int replaces, Duration timeout) {

  /// Time to be taken in, unless it is said otherwise.
  public static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(30);

  public Join {
    seeds = List.copyOf(seeds);
    if (seeds.isEmpty()) {
      throw new IllegalArgumentException("seeds = none, permitted: one host:port or more");
    }
    if (replaces < 0 || (readOnly && replaces != 0)) {
      throw new IllegalArgumentException(
          "replaces = " + replaces + ", permitted: a node's id; 0 for none, or if readOnly");
    }
    if (timeout.isNegative() || timeout.isZero()) {
      throw new IllegalArgumentException("timeout = " + timeout + ", permitted: > 0");
    }
  }

  /// A node that gets a vote when it has caught up.
  public static Join through(String... seeds) {
    return new Join(List.of(seeds), false, 0, DEFAULT_TIMEOUT);
  }
}
