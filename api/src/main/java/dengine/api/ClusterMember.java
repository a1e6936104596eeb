package dengine.api;

import java.util.OptionalLong;

/// A member as operators see it.
///
/// @param id its number, at least 1
/// @param address where the other members reach it, `host:port`; empty if that is not known
/// @param standing whether it has a vote
/// @param readOnly whether it stays a learner for ever
/// @param incarnation the random number its disk was set up with; 0 if not known
/// @param replaces the member that leaves when this learner is promoted; 0 for none
/// @param lag entries it is behind the end of the leader's log; empty where the node that answers
///     does not lead, and in what [Admin#watchMembership] tells
/// @param silentMillis milliseconds since the leader last heard from it, or began to lead; 0 if
///     that is no longer than two election timeouts ago. Empty where `lag` is
public record ClusterMember(
    int id,
    String address,
    Standing standing,
    boolean readOnly,
    long incarnation,
    int replaces,
    OptionalLong lag,
    OptionalLong silentMillis) {

  /// What part a member has in decisions.
  public enum Standing {
    /// Has a vote.
    VOTER,
    /// Gets the log, has no vote.
    LEARNER,
    /// A voter of the configuration that is being entered, not yet of the one that is left.
    ENTERING,
    /// A voter of the configuration that is left, which is no member afterwards.
    LEAVING,
    /// A voter of the configuration that is left, which stays as a learner.
    DEMOTED
  }
}
