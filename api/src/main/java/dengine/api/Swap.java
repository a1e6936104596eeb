package dengine.api;

/// How a compare-and-swap ended. Either way it was decided at one place of the replicated log.
///
/// @param succeeded whether the value was what was expected and has been replaced
/// @param revision the place in the log; the key's new mod revision if `succeeded`
public record Swap(boolean succeeded, long revision) {}
