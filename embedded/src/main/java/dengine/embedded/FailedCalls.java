package dengine.embedded;

/// Calls that a node could not serve, since it was started. Not among them: those that were invalid
/// before the node was asked, and watches that were refused.
///
/// @param overloaded refused because something was at its limit; nothing was done
/// @param notLeader refused because another node leads; whoever called goes there
/// @param unavailable without effect: no quorum in time, or leadership was being handed over
/// @param outcomeUnknown writes that may or may not have taken effect
/// @param other refused for another reason, or the node was stopping
public record FailedCalls(
    long overloaded, long notLeader, long unavailable, long outcomeUnknown, long other) {}
