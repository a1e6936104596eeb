package dengine.grpc;

/// What a node has done for clients over the network since it was started.
///
/// @param requests reads and writes that came
/// @param writes of those, the writes that were acknowledged
/// @param writeNanos nanoseconds from the arrival of each of these to its acknowledgement, all
///     together
/// @param watches that there are at present
public record ServiceActivity(long requests, long writes, long writeNanos, int watches) {}
